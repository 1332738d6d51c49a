using DurableSessions.Core.Configuration;
using DurableSessions.Engine;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Serving;

/// <summary>
/// A stop, in its parts: requests have two seconds, then steps of commits that run have <c>Host:StopSeconds</c>, then the engine has two
/// more to give back what it runs.
/// </summary>
internal static class StopServices
{
    private static readonly TimeSpan s_requests = TimeSpan.FromSeconds(2);

    /// <summary>Reads <c>Host:StopSeconds</c>.</summary>
    public static void AddStop(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<StopSettings>, StopSettingsValidator>();
        services.AddOptions<StopSettings>().BindSettings(NameSettings.Section);
        services.AddOptions<EngineOptions>().Configure<IOptions<StopSettings>>(
            static (engine, settings) => engine.ActivityStopTimeout = TimeSpan.FromSeconds(settings.Value.StopSeconds));
        services.AddSingleton<LateRequests>();
    }

    /// <summary>Gives the host its time, once the settings are validated: the engine needs its own beyond it, and takes it.</summary>
    public static void ApplyStopTime(this IServiceProvider services) =>
        services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout =
            s_requests + TimeSpan.FromSeconds(services.GetRequiredService<IOptions<StopSettings>>().Value.StopSeconds);

    /// <summary>
    /// Ends the connections of requests that are open two seconds after the stop has begun: a client that waits for a commit takes no time
    /// from the commits.
    /// </summary>
    public static void UseStop(this WebApplication app)
    {
        LateRequests late = app.Services.GetRequiredService<LateRequests>();
        app.Use(async (http, next) =>
        {
            using CancellationTokenRegistration abort = late.Token.UnsafeRegister(static request => ((HttpContext)request!).Abort(), http);
            await next(http);
        });
    }

    private sealed class LateRequests : IDisposable
    {
        private readonly CancellationTokenSource _late = new();

        public LateRequests(IHostApplicationLifetime lifetime) =>
            lifetime.ApplicationStopping.Register(() => _late.CancelAfter(s_requests));

        public CancellationToken Token => _late.Token;

        public void Dispose() => _late.Dispose();
    }
}
