using System.Net.Sockets;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Hosting;
using DurableSessions.Hosting.Telemetry;
using DurableSessions.Http;
using DurableSessions.Http.Keys;
using DurableSessions.LocalStorage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Serving;

/// <summary>
/// Start and stop in order: addresses and settings are checked, storage is reached, requests are served; backwards at the end.
/// </summary>
internal static class ServerProgram
{
    private const string NoKeys = ", so there are no keys. Check Storage:Container. 'keys add' creates the container with the first key; "
        + "with Auth:Mode=dev the server creates it, and answers this machine alone, without keys.";

    /// <summary>Serves until SIGINT, SIGTERM or cancellation.</summary>
    /// <exception cref="StartException">It cannot start.</exception>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    /// <exception cref="LocalStorageException">Local storage cannot be started, or could not be kept running.</exception>
    public static async Task RunAsync(string? urls, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var addresses = Addresses.Parse(urls ?? builder.Configuration[WebHostDefaults.ServerUrlsKey], builder.Configuration);
        await using var storage = new StorageConnection();
        await using WebApplication app = Build(builder, addresses, storage);
        AuthPlace place = Place(addresses, builder.Configuration);
        AuthSettings auth = app.Services.CheckSettings(place);
        await storage.OpenAsync(
            app.Services,
            Console.Out.WriteLine,
            place.NeedsKeys(auth) ? NoKeys : null,
            cancellationToken,
            events: text => Log.LocalStorage(app.Logger, text));

        // The options of the host and of Kestrel are made with the app, before settings are validated.
        app.Services.ApplyStopTime();
        app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.ApplyDurableSessionsLimits();
        KeyRing keys = await app.Services.LoadKeysAsync(place, cancellationToken);
        foreach (string address in addresses.ReachableInPlainText)
        {
            Log.PlainText(app.Logger, address);
        }

        await StartAsync(app, addresses, cancellationToken);
        await Welcome.WriteAsync(Console.Out, app.Urls, storage.Description, keys.HasKeys);
        await RunUntilStoppedAsync(app, storage.Lost);
    }

    // A storage account may be that of a service with keys, under a name of a container that was mistyped or restored without them.
    private static AuthPlace Place(Addresses addresses, IConfiguration configuration)
    {
        bool isConfigured = StorageSettings.FindConnection(configuration) is not null;
        string closing = $"listen on a loopback address such as {Addresses.Default}";
        return new AuthPlace(addresses.Reachable, isConfigured, isConfigured ? $"{closing} with Auth:Mode=dev" : closing);
    }

    // Nothing is opened or started by it.
    private static WebApplication Build(WebApplicationBuilder builder, Addresses addresses, StorageConnection storage)
    {
        builder.WebHost.UseUrls([.. addresses.Urls]);
        builder.Logging.AddUtcConsole(withTraces: TelemetryServices.ExportsTraces(builder.Configuration));
        builder.Services.AddStorage(storage);
        builder.Services.AddStore(builder.Configuration);
        builder.Services.AddEngine(builder.Configuration);
        builder.Services.AddPurging();
        builder.Services.AddHostName(addresses.HostName);
        builder.Services.AddStop();
        builder.Services.AddTelemetry(
            builder.Configuration,
            ServerVersion.Text,
            builder.Configuration[$"{NameSettings.Section}:{nameof(NameSettings.Name)}"] ?? addresses.HostName);

        // A failed start is one line on standard error, written by the command; this keeps the host's stack trace out of the log.
        CancellationToken started = default;
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Information && started.IsCancellationRequested);

        builder.Services.AddHostFilteringErrors();
        builder.Services.AddApi(builder.Configuration, new DurableSessionsHttpOptions { Version = ServerVersion.Text });
        WebApplication app = builder.Build();
        started = app.Lifetime.ApplicationStarted;
        app.UseStop();
        app.UseDurableSessionsHttp();
        app.MapApi();
        return app;
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
