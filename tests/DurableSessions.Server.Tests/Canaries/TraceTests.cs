using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Keys;
using DurableSessions.Server.Tests.Serving;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Server.Tests.Canaries;

/// <summary>What ASP.NET Core, the HTTP client and the SDK of Azure Storage tell those who trace a host.</summary>
public sealed class TraceTests(AzuriteFixture azurite)
{
    private const string Message = "canary-of-a-traced-message-c41d";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_activity_has_a_secret_or_a_message()
    {
        ConcurrentQueue<string> seen = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => seen.Enqueue(Text(activity)),
        };
        ActivitySource.AddActivityListener(listener);
        BlobContainerClient container = await azurite.NewContainerAsync();
        string key = (await new KeyStore(container, TimeProvider.System).AddAsync("acme", "ann", Cancelled)).Text;
        (string connection, string signature) = SecretTests.Sign(
            await azurite.GetConnectionStringAsync(), DateTimeOffset.UtcNow.AddHours(1));
        await using WebApplication host = await StartAsync(SessionStorage.Connect(connection, container.Name));
        using var client = new HttpClient { BaseAddress = new Uri(host.Urls.Single()) };
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        using var body = new StringContent($$"""{"role":"user","content":"{{Message}}"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage appended = await client.PostAsync("api/v1/sessions/traced/messages", body, Cancelled);
        appended.EnsureSuccessStatusCode();
        Assert.Contains(Message, await client.GetStringAsync("api/v1/sessions/traced/context", Cancelled), StringComparison.Ordinal);
        string all = string.Join('\n', seen);
        Assert.Contains("traced", all, StringComparison.Ordinal);
        foreach (string canary in (string[])[key, Message, signature, Uri.UnescapeDataString(signature)])
        {
            Assert.DoesNotContain(canary, all, StringComparison.Ordinal);
        }
    }

    private static async Task<WebApplication> StartAsync(SessionStorage storage)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHost(storage, new FakeProcessor());
        builder.Services.AddApiKeys();
        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "1.2.3" });
        WebApplication app = builder.Build();
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        await app.Services.GetRequiredService<KeyRing>().LoadAsync(CancellationToken.None);
        await app.StartAsync();
        return app;
    }

    private static string Text(Activity activity)
    {
        var text = new StringBuilder(activity.Source.Name).Append(' ').Append(activity.DisplayName);
        foreach ((string name, object? value) in activity.TagObjects)
        {
            text.Append(' ').Append(name).Append('=').Append(value);
        }

        foreach (ActivityEvent happened in activity.Events)
        {
            text.Append(' ').Append(happened.Name).AppendJoin(' ', happened.Tags);
        }

        return text.Append(' ').AppendJoin(' ', activity.Baggage).Append(activity.StatusDescription).ToString();
    }
}
