using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Server.Tests.Serving;

public sealed class DrainCommandTests(AzuriteFixture azurite)
{
    private static readonly Dictionary<string, string> s_none = [];

    [Fact]
    public async Task What_a_killed_server_left_is_carried_to_its_end_and_nothing_is_left()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Embedded__OwnershipSeconds"] = "3",
            ["Auth__Mode"] = "dev",
        };
        await using (ServerProcess server = await ServerProcess.StartAsync(environment))
        {
            await server.Client.PostAsJsonAsync("api/v1/sessions/old/messages", new { role = "user", content = "Hello" });
            await server.Client.DeleteAsync("api/v1/sessions/old");
            await server.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" });
            Task<HttpResponseMessage> commit = server.Client.PostAsJsonAsync("api/v1/sessions/s/commit", new { });
            while (await CountActiveAsync(container) == 1 && !commit.IsCompleted)
            {
                await Task.Delay(1);
            }

            await server.KillAsync();
            await commit.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, "drain", "--wait", "60");

        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("Drained. Waiting for their time: 1 delete-session ", output, StringComparison.Ordinal);
        Assert.Equal(1, await CountActiveAsync(container));
        await using ServerProcess next = await ServerProcess.StartAsync(environment);
        JsonNode archive = (await next.Client.GetFromJsonAsync<JsonNode>("api/v1/sessions/s/archives/archive_001"))!;
        Assert.Equal("Hello", (string?)archive["result"]!["messages"]![0]!["parts"]![0]!["text"]);
    }

    [Fact]
    public async Task What_a_Functions_app_has_begun_is_waited_for_page_by_page()
    {
        int listings = 0;
        await using WebApplication app = await StartAppAsync(http =>
        {
            Assert.Equal("system-key", http.Request.Headers["x-functions-key"]);
            Assert.Equal("Pending,Running,Suspended", $"{http.Request.Query["runtimeStatus"]}");
            bool isSecondPage = http.Request.Headers["x-ms-continuation-token"] == "2";
            switch (isSecondPage ? listings : ++listings)
            {
                case 1:
                    return Results.StatusCode(503);
                case 2 when !isSecondPage:
                    http.Response.Headers["x-ms-continuation-token"] = "2";
                    return Results.Json(new[] { Instance("commit-when-idle"), Instance("delete-session", "retained") });
                case 2:
                    return Results.Json(new[] { Instance("commit-session"), Instance("delete-session"), Instance("report-commit") });
                default:
                    return Results.Json(new[] { Instance("commit-when-idle"), Instance("delete-session", "retained") });
            }
        });
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(
            new Dictionary<string, string> { ["OPENVIKING_API_KEY"] = "system-key" }, "drain", "--url", app.Urls.Single());

        Assert.True(exitCode == 0, output + errors);
        Assert.Equal(3, listings);
        Assert.Equal(
            [
                "There is no answer, so what is left is not known.",
                "Left: 1 commit-session, 1 delete-session, 1 report-commit.",
                "Drained. Waiting for their time: 1 commit-when-idle, 1 delete-session",
            ],
            output.Trim().Split('\n').Select(static line => line.Split(" (")[0]));
    }

    [Theory]
    [InlineData(401, 1, "answered 401 to the listing of its instances")]
    [InlineData(503, 2, "Not drained within 1 seconds. There is no answer")]
    [InlineData(200, 1, "answers with no listing of instances")]
    public async Task A_Functions_app_that_tells_nothing_is_not_drained(int status, int expected, string said)
    {
        await using WebApplication app = await StartAppAsync(_ => status == 200 ? Results.Json(new { }) : Results.StatusCode(status));
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(
            s_none, "drain", "--wait", "1", "--url", app.Urls.Single());

        Assert.Equal(expected, exitCode);
        Assert.Contains(said, output + errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a listing that goes in a circle")]
    [InlineData("no answer at all")]
    public async Task It_waits_no_longer_than_it_is_asked_to(string app)
    {
        bool isFirst = false;
        await using WebApplication busy = await StartAppAsync(http =>
        {
            isFirst = !isFirst;
            http.Response.Headers["x-ms-continuation-token"] = isFirst ? "1" : "2";
            return Results.Json(new[] { Instance("commit-session") });
        });
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string url = app == "no answer at all" ? $"http://{silent.LocalEndpoint}" : busy.Urls.Single();

        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(s_none, "drain", "--wait", "2", "--url", url);

        Assert.True(exitCode == 2, output + errors);
        Assert.StartsWith("Not drained within 2 seconds. What is left is not known yet.", output, StringComparison.Ordinal);
    }

    private static object Instance(string name, string? customStatus = null) => new { name, customStatus };

    private static async Task<WebApplication> StartAppAsync(Func<HttpContext, IResult> list)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        WebApplication app = builder.Build();
        app.MapGet("/runtime/webhooks/durabletask/instances", (HttpContext http) => list(http));
        await app.StartAsync();
        return app;
    }

    private static async Task<int> CountActiveAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(BlobTraits.None, BlobStates.None, "orchestrations/active/", CancellationToken.None)
        .CountAsync();
}
