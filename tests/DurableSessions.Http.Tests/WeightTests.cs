using System.Net;
using System.Text;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A request takes from its client's bucket what it costs.</summary>
public sealed class WeightTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_takes_its_weight()
    {
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, new HttpLimits { RequestsPerSecond = 1, Burst = 30 });
        Assert.Equal(HttpStatusCode.OK, await keyed.GetAsync("/api/v1/tasks?limit=8"));
        (HttpStatusCode status, TimeSpan? retryAfter) = await keyed.AskAsync("/api/v1/tasks?limit=8");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.InRange(retryAfter!.Value.TotalSeconds, 2, 4);
        Assert.Equal(HttpStatusCode.OK, await keyed.GetAsync("/api/v1/system/status"));
    }

    [Fact]
    public async Task A_weight_is_never_more_than_a_bucket_holds()
    {
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, new HttpLimits { RequestsPerSecond = 1, Burst = 30 });
        Assert.Equal(HttpStatusCode.OK, await keyed.GetAsync("/api/v1/tasks?limit=200"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await keyed.GetAsync("/api/v1/tasks?limit=200"));
    }

    // It is refused before it costs storage anything, and what it asks for must not keep out a key that this host has not read yet.
    [Fact]
    public async Task Without_a_valid_key_a_request_takes_one_from_the_bucket_of_the_address()
    {
        var limits = new HttpLimits { UnauthenticatedRequestsPerSecond = 20 };
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, limits);
        int refused = await keyed.CountAsync("/api/v1/tasks?limit=200", HttpStatusCode.Unauthorized, "unknown");
        Assert.InRange(refused, 20, 500);
        Assert.Equal(HttpStatusCode.OK, await keyed.GetAsync("/api/v1/tasks?limit=200"));
    }

    [Theory]
    [InlineData("context?token_budget=0")]
    [InlineData("context")]
    public async Task A_context_takes_what_is_read_for_it_whatever_fits_its_budget(string path)
    {
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, new HttpLimits { RequestsPerSecond = 1, Burst = 30 });
        await keyed.AppendAsync(15);

        // A slow machine gives tokens back meanwhile.
        Assert.InRange(await keyed.CountAsync($"/api/v1/sessions/s/{path}"), 1, 10);
    }

    [Fact]
    public async Task An_archive_takes_its_bytes()
    {
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, new HttpLimits { RequestsPerSecond = 1, Burst = 60 });
        await keyed.AppendAsync(15);
        Assert.Equal(HttpStatusCode.OK, await keyed.PostAsync("/api/v1/sessions/s/commit?wait=60", "{}"));
        Assert.InRange(await keyed.CountAsync("/api/v1/sessions/s/archives/archive_001"), 1, 10);
    }

    [Fact]
    public async Task Tasks_that_a_filter_passes_over_are_taken_too()
    {
        await using KeyedHost keyed = await KeyedHost.StartAsync(azurite, new HttpLimits { RequestsPerSecond = 1, Burst = 600 });
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await keyed.PostAsync("/api/v1/sessions/s/messages", """{"role":"user","content":"x"}"""));
            Assert.Equal(HttpStatusCode.OK, await keyed.PostAsync("/api/v1/sessions/s/commit?wait=60", "{}"));
        }

        // 17 for its limit, and 16 for the second half of the tasks; 416 are spent already.
        Assert.InRange(await keyed.CountAsync("/api/v1/tasks?limit=1&status=failed"), 4, 10);
    }

    /// <summary>A host, and a key of it.</summary>
    private sealed class KeyedHost(ApiHost host, string key) : IAsyncDisposable
    {
        public static async Task<KeyedHost> StartAsync(AzuriteFixture azurite, HttpLimits limits)
        {
            SessionStorage storage = await azurite.NewStorageAsync();
            string key = (await new KeyStore(storage.Container, TimeProvider.System).AddAsync("acme", "ann", Cancelled)).Text;
            return new KeyedHost(await ApiHost.StartAsync(storage, keyTime: TimeProvider.System, limits: limits), key);
        }

        public async Task<HttpStatusCode> GetAsync(string path, string? otherKey = null) => (await AskAsync(path, otherKey)).Status;

        public async Task<(HttpStatusCode Status, TimeSpan? RetryAfter)> AskAsync(string path, string? otherKey = null)
        {
            Reply reply = await host.SendAsync(path, otherKey ?? key);
            return (reply.Status, reply.Headers.RetryAfter?.Delta);
        }

        /// <summary>How many requests are answered with a status, until one is answered 429.</summary>
        public async Task<int> CountAsync(string path, HttpStatusCode expected = HttpStatusCode.OK, string? otherKey = null)
        {
            for (int answered = 0; ; answered++)
            {
                HttpStatusCode status = await GetAsync(path, otherKey);
                if (status == HttpStatusCode.TooManyRequests)
                {
                    return answered;
                }

                Assert.Equal(expected, status);
                Cancelled.ThrowIfCancellationRequested();
            }
        }

        public async Task<HttpStatusCode> PostAsync(string path, string json) =>
            (await host.SendAsync(path, key, HttpMethod.Post, json)).Status;

        public async Task AppendAsync(int mebibytes)
        {
            var json = new StringBuilder("""{"messages":[""");
            string text = new('x', 1024 * 1024);
            for (int i = 0; i < mebibytes; i++)
            {
                json.Append(i == 0 ? "" : ",").Append($$"""{"role":"user","content":"{{text}}"}""");
            }

            Assert.Equal(HttpStatusCode.OK, await PostAsync("/api/v1/sessions/s/messages/batch", json.Append("]}").ToString()));
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }
}
