using System.Net;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Tests;

/// <summary>Requests whose host fails before it runs the API.</summary>
public sealed class HostFailureTests
{
    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_of_the_host_is_an_internal_error_under_the_requests_id()
    {
        using var log = new HostLog();
        await using WebApplication host = await StartAsync(static _ => throw new InvalidCastException("secret of the house"), log);
        using HttpResponseMessage answer = await SendAsync(host);

        string text = await answer.Content.ReadAsStringAsync(Ends);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.StartsWith("""{"status":"error","error":{"code":"INTERNAL",""", text, StringComparison.Ordinal);
        Assert.Contains("\"r1\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.Equal(["r1"], answer.Headers.GetValues("X-Request-ID"));
        Assert.True(answer.Headers.Contains("X-Process-Time"));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal("GET / ended in INTERNAL (r1)", Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error).Text);
    }

    [Fact]
    public async Task A_host_that_stops_is_unavailable_for_now()
    {
        await using WebApplication host = await StartAsync(static _ => throw new TaskCanceledException());
        using HttpResponseMessage answer = await SendAsync(host);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_cut_off()
    {
        using var log = new HostLog();
        await using WebApplication host = await StartAsync(
            static async http =>
            {
                await http.Response.WriteAsync("{\"status\":\"ok\"", Ends);
                await http.Response.Body.FlushAsync(Ends);
                throw new InvalidCastException("secret of the house");
            },
            log);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => SendAsync(host));
        Assert.Equal("GET / ended in INTERNAL (r1)", Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error).Text);
    }

    [Fact]
    public async Task A_client_that_has_gone_gets_nothing_and_changes_nothing()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await using WebApplication host = Build(static _ => Task.CompletedTask, null, null);
        var http = new DefaultHttpContext { RequestServices = host.Services, RequestAborted = gone.Token };

        await http.AnswerFailureAsync(new InvalidCastException());

        Assert.Equal(StatusCodes.Status499ClientClosedRequest, http.Response.StatusCode);
    }

    [Fact]
    public async Task A_client_that_goes_while_it_is_answered_hides_no_failure_of_the_host()
    {
        using var gone = new CancellationTokenSource();
        await using WebApplication host = Build(static _ => Task.CompletedTask, null, null);
        var http = new DefaultHttpContext { RequestServices = host.Services, RequestAborted = gone.Token };
        http.Response.Body = new GoesAtFirstWrite(gone);

        await http.AnswerFailureAsync(new InvalidCastException());

        Assert.True(gone.IsCancellationRequested);
    }

    [Fact]
    public async Task A_browser_gets_a_page()
    {
        await using WebApplication host = await StartAsync(static _ => throw new InvalidCastException(), pages: new Pages());
        using HttpResponseMessage answer = await SendAsync(host);

        Assert.Equal("A page says INTERNAL", await answer.Content.ReadAsStringAsync(Ends));
    }

    private static async Task<HttpResponseMessage> SendAsync(WebApplication host)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Urls.Single()));
        request.Headers.Add("X-Request-ID", "r1");
        return await client.SendAsync(request, Ends);
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate fails, HostLog? log = null, IBrowserPages? pages = null)
    {
        WebApplication host = Build(fails, log, pages);
        await host.StartAsync(Ends);
        return host;
    }

    private static WebApplication Build(RequestDelegate fails, HostLog? log, IBrowserPages? pages)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        if (pages is not null)
        {
            builder.Services.AddSingleton(pages);
        }

        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "1.2.3" });
        WebApplication host = builder.Build();
        host.Run(async http =>
        {
            try
            {
                await fails(http);
            }
            catch (Exception e)
            {
                await http.AnswerFailureAsync(e);
            }
        });
        return host;
    }

    private sealed class Pages : IBrowserPages
    {
        public bool Has(HttpContext http) => true;

        public void Enter(HttpContext http)
        {
        }

        public Task SendErrorAsync(HttpContext http, ApiError error) => http.Response.WriteAsync($"A page says {error.Code}", Ends);
    }

    private sealed class GoesAtFirstWrite(CancellationTokenSource gone) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            gone.Cancel();
            return ValueTask.FromCanceled(gone.Token);
        }
    }
}
