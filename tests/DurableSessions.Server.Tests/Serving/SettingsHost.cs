using DurableSessions.Core.Configuration;
using DurableSessions.Hosting;
using DurableSessions.Http;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The services of the server, with settings of a test, and with storage that is never opened.</summary>
internal static class SettingsHost
{
    /// <summary>Options that come of settings, each by its whole key.</summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    public static T Read<T>(params (string Key, string? Value)[] settings)
        where T : class
    {
        using ServiceProvider services = Build(settings);
        services.ValidateSettings();
        return services.GetRequiredService<IOptions<T>>().Value;
    }

    /// <summary>What a start with these settings says.</summary>
    public static string Error(params (string Key, string? Value)[] settings)
    {
        using ServiceProvider services = Build(settings);
        return Assert.Throws<SettingsException>(services.ValidateSettings).Message;
    }

    /// <summary>What a start with these settings says that goes on to open its storage.</summary>
    public static async Task<string> OpeningErrorAsync(params (string Key, string? Value)[] settings)
    {
        await using ServiceProvider services = Build(settings);
        await using var storage = new StorageConnection();
        Exception error = await Assert.ThrowsAnyAsync<Exception>(
            () => storage.OpenAsync(services, static _ => { }, ifMissing: null, TestContext.Current.CancellationToken));
        Assert.True(error is SettingsException or StartException, $"{error}");
        return error.Message;
    }

    public static ServiceProvider Build(params (string Key, string? Value)[] settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, s.Value)))
            .Build();
        var services = new ServiceCollection();
        services.AddSingleton(configuration);
        services.AddStorage(new StorageConnection());
        services.AddStore(configuration);
        services.AddEngine(configuration);
        services.AddHostName("machine-1933");
        services.AddStop();
        services.AddApi(configuration, new DurableSessionsHttpOptions { Version = "0" });
        return services.BuildServiceProvider();
    }
}
