using System.Net.Sockets;
using System.Text.Json;
using Azure;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Documentation;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.LocalStorage;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Connections;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Serving;

/// <summary>Start and stop in order: addresses are checked, storage is reached, requests are served; backwards at the end.</summary>
internal static class ServerProgram
{
    /// <summary>
    /// How long requests and commits in progress may go on after a stop signal. A commit that has not ended goes on after the next start.
    /// </summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Serves until SIGINT, SIGTERM or cancellation.</summary>
    /// <exception cref="StartException">It cannot start.</exception>
    /// <exception cref="LocalStorageException">Local storage cannot be started, or could not be kept running.</exception>
    public static async Task RunAsync(string? urls, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var addresses = Addresses.Parse(urls ?? builder.Configuration[WebHostDefaults.ServerUrlsKey], builder.Configuration);
        var semantics = SemanticsSettings.Read(builder.Configuration);
        Action<SessionOptions> options = ReadOptions(name => builder.Configuration[name]);
        await using StorageConnection storage = await StorageConnection.OpenAsync(
            StorageSettings.Read(builder.Configuration), Console.Out.WriteLine, cancellationToken);
        KeyRing keys = await LoadKeysAsync(storage.Storage, cancellationToken);
        if (!keys.HasKeys)
        {
            addresses.RequireLoopback();
        }

        await using WebApplication app = Build(builder, addresses, storage.Storage, keys, semantics, options);
        await StartAsync(app, addresses, cancellationToken);
        await Welcome.WriteAsync(Console.Out, app.Urls, storage.Description, keys.HasKeys);
        await RunUntilStoppedAsync(app, storage.Lost);
    }

    private static WebApplication Build(
        WebApplicationBuilder builder, Addresses addresses, SessionStorage storage, KeyRing keys, SemanticsSettings semantics,
        Action<SessionOptions> configure)
    {
        builder.WebHost.UseUrls([.. addresses.Urls]);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = s_stopTimeout);
        builder.Logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Services.AddStore(storage, semantics, configure);
        builder.Services.AddEngine(storage, builder.Configuration);
        HttpLimits limits = LimitSettings.Read(builder.Configuration);
        builder.WebHost.ConfigureKestrel(server => server.ApplyDurableSessionsLimits(limits));

        // A failed start is one line on standard error, written by the command; this keeps the host's stack trace out of the log.
        CancellationToken started = default;
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Information && started.IsCancellationRequested);

        WebApplication? app = null;
        builder.Services.AddApi(storage, () => app!.Services.GetRequiredService<OrchestrationClient>(), keys, limits);
        builder.Services.AddApiDocumentation(ServerVersion.Text);
        app = builder.Build();
        started = app.Lifetime.ApplicationStarted;
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        app.MapApiDocumentation();
        return app;
    }

    private static Action<SessionOptions> ReadOptions(Func<string, string?> find)
    {
        try
        {
            TimeSpan repetitions = RepetitionSettings.Read(find);
            AutoCommitPolicy? autoCommit = AutoCommitSettings.Read(find);
            return options =>
            {
                options.RepetitionWindow = repetitions;
                options.DefaultAutoCommitPolicy = autoCommit;
            };
        }
        catch (FormatException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    private static async Task<KeyRing> LoadKeysAsync(SessionStorage storage, CancellationToken cancellationToken)
    {
        var keys = new KeyRing(new KeyStore(storage.Container, TimeProvider.System), TimeProvider.System);
        try
        {
            await keys.LoadAsync(cancellationToken);
            return keys;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // The container was deleted after the storage check. Without it the host cannot know whether there are keys.
            throw new StartException(
                $"The keys cannot be read from storage at {storage.Container.Uri}: it answered {e.Status} {e.ErrorCode}.", e);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or JsonException or FormatException)
        {
            throw new StartException($"The keys cannot be read from storage: {e.Message}", e);
        }
    }

    private static async Task StartAsync(WebApplication app, Addresses addresses, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new StartException($"Another process listens on {addresses} already. Stop it, or choose another address with --urls.", e);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            throw new StartException($"Cannot listen on {addresses}: {e.Message}", e);
        }
    }

    private static async Task RunUntilStoppedAsync(WebApplication app, Task storageLost)
    {
        Task stopped = app.WaitForShutdownAsync();
        if (await Task.WhenAny(stopped, storageLost) == storageLost)
        {
            app.Lifetime.StopApplication();
            await stopped;
            await storageLost;
        }
    }
}
