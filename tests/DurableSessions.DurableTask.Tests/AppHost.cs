using Azure.Storage.Blobs;
using DurableSessions.Functions;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// The services and the HTTP trigger of the app, in process, with a user's and an operator's key unless it has none. Its clients send
/// what the Functions host adds to a request that it forwards. As with some versions of Durable Functions, its client is not given
/// histories.
/// </summary>
internal sealed class AppHost : IAsyncDisposable
{
    /// <summary>The name by which the host's clients reach it.</summary>
    public const string PublicName = "sessions.example";

    private readonly DurableHub _hub;
    private readonly Scheduler _scheduler;
    private readonly GrpcChannel _channel;
    private readonly WebApplication _app;

    private AppHost(DurableHub hub, Scheduler scheduler, GrpcChannel channel, WebApplication app, string user, string @operator)
    {
        (_hub, _scheduler, _channel, _app) = (hub, scheduler, channel, app);
        (User, Operator) = (user, @operator);
    }

    public string User { get; }

    public string Operator { get; }

    public static async Task<AppHost> StartAsync(AzuriteFixture azurite, bool hasKeys = true)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        string user = hasKeys ? (await keys.AddAsync("default", "default", CancellationToken.None)).Text : "";
        string @operator = hasKeys ? (await keys.AddAsync(null, null, CancellationToken.None)).Text : "";
        var hub = DurableHub.InMemory();
        hub.Histories.AreGiven = false;
        Scheduler scheduler = await Scheduler.StartAsync(hub);
        var channel = GrpcChannel.ForAddress(scheduler.Address);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage:Container"] = container.Name,
        });
        builder.Services.AddAppTelemetry(builder.Configuration, "0.0.0");
        builder.Services.AddStoreAndApi(builder.Configuration, "0.0.0");
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.UseGrpc(channel);
            worker.Configure(static options => options.DataConverter = DurablePayloads.Converter);
            worker.Services.AddOptions<DurableTaskRegistry>(worker.Name)
                .Configure<OrchestrationRegistry>(static (durable, ours) => durable.AddAll(ours));
        });
        builder.Services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(channel);
            client.Configure(static options => options.DataConverter = DurablePayloads.Converter);
            client.RegisterDirectly();
        });
        WebApplication app = builder.Build();
        var http = new HttpFunction(app.Services.GetRequiredService<ApiPipeline>(), app.Services.GetRequiredService<FunctionsClient>());
        DurableTaskClient durable = app.Services.GetRequiredService<DurableTaskClient>();
        app.Run(context => http.RunAsync(context.Request, durable));
        await app.Services.GetRequiredService<KeyRing>().LoadAsync(CancellationToken.None);
        await app.StartAsync();
        return new AppHost(hub, scheduler, channel, app, user, @operator);
    }

    public HttpClient Connect(string? key = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(_app.Urls.Single()),
        };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", PublicName);
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("X-API-Key", key);
        }

        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _scheduler.TakeBackAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _channel.Dispose();
        await _scheduler.DisposeAsync();
        await _hub.DisposeAsync();
    }
}
