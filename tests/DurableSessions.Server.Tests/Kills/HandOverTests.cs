using System.Diagnostics;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.Server.Tests.Kills;

/// <summary>A host that is stopped while it runs commits.</summary>
public sealed class HandOverTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Sessions = 24;

    /// <summary>Two seconds for what is in progress, and something for a machine that has other things to do.</summary>
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Its_commits_go_on_at_another_host()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container.Name, 2);
        var second = new Client(hosts, (Attempt: s_timeout, Request: s_timeout), only: 1);
        Transcript[] transcripts = await PrepareAsync(second);

        Task[] commits = await CommitAllAsync(hosts, transcripts);
        ServerProcess stopping = await hosts.GetAsync(0);
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await stopping.TerminateAsync());
        TimeSpan stopped = clock.Elapsed;
        int left = await CountUnfinishedAsync(container);
        await Task.WhenAll(commits);

        await RetryAllAsync(second, transcripts);
        TimeSpan took = await Verification.AwaitAllCompletedAsync(second, transcripts, s_timeout);
        TimeSpan completed = clock.Elapsed;
        (int messages, int archives) = await Verification.AuditAllAsync(second, transcripts);
        output.WriteLine(
            $"1 stop, gone after {stopped.TotalSeconds:0.0} s with {left} of {Sessions} commits unfinished; "
            + $"all completed {completed.TotalSeconds:0.0} s after the signal, "
            + $"{took.TotalSeconds:0.0} s after the clients had asked again; {messages} messages, {archives} archives");
        Assert.True(stopped < s_longestStop, $"It took {stopped.TotalSeconds:0.0} s to stop.");
        Assert.NotEqual(0, left);
        Assert.Equal(Sessions, archives);
    }

    [Fact]
    public async Task Its_commits_go_on_at_once_when_it_is_started_again()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container.Name, 1);
        var client = new Client(hosts, (Attempt: s_timeout, Request: s_timeout));
        Transcript[] transcripts = await PrepareAsync(client);

        Task[] commits = await CommitAllAsync(hosts, transcripts);
        TimeSpan stopped = await hosts.StopAsync(0);
        await Task.WhenAll(commits);
        await RetryAllAsync(client, transcripts);

        // Sooner than its ownership would have run out: it was given back.
        TimeSpan took = await Verification.AwaitAllCompletedAsync(client, transcripts, TimeSpan.FromSeconds(10));
        (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
        int claimed = (await hosts.GetAsync(0)).Output.Split(" is claimed").Length - 1;
        output.WriteLine(
            $"1 stop after {stopped.TotalSeconds:0.0} s; {claimed} of {Sessions} commits went on after the start, "
            + $"the last {took.TotalSeconds:0.0} s after the clients had asked again; {messages} messages, {archives} archives");
        Assert.NotEqual(0, claimed);
        Assert.Equal(Sessions, archives);
    }

    // Long before its ownership would have run out.
    [Fact]
    public async Task Its_commits_go_on_at_once_when_it_is_killed_and_started_again_under_its_name()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        await using Hosts hosts = await Hosts.StartAsync(
            await azurite.GetConnectionStringAsync(), container.Name, 1, ownershipSeconds: 300, name: "host");
        var client = new Client(hosts, (Attempt: s_timeout, Request: s_timeout));
        Transcript[] transcripts = await PrepareAsync(client);

        Task[] commits = await CommitAllAsync(hosts, transcripts);
        await hosts.KillAsync(0);
        await Task.WhenAll(commits);
        int left = await CountUnfinishedAsync(container);
        var clock = Stopwatch.StartNew();
        await RetryAllAsync(client, transcripts);
        TimeSpan took = await Verification.AwaitAllCompletedAsync(client, transcripts, s_timeout);
        (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
        output.WriteLine(
            $"1 kill with {left} of {Sessions} commits unfinished; all completed {clock.Elapsed.TotalSeconds:0.0} s after it was ready, "
            + $"{took.TotalSeconds:0.0} s after the clients had asked again; {messages} messages, {archives} archives");
        Assert.Equal(Sessions, archives);
    }

    private static async Task<Transcript[]> PrepareAsync(Client client)
    {
        Transcript[] transcripts = [.. Enumerable.Range(1, Sessions).Select(static i => new Transcript($"s{i}"))];
        await Task.WhenAll(transcripts.Select(transcript => new SessionClient(client, transcript, "a").SayAsync(50, new string('.', 500))));
        return transcripts;
    }

    // Returns when the first is accepted.
    private static async Task<Task[]> CommitAllAsync(Hosts hosts, Transcript[] transcripts)
    {
        ServerProcess host = await hosts.GetAsync(0);
        Task[] commits = [.. transcripts.Select(transcript => CommitAsync(host, transcript))];
        await Task.WhenAny(commits);
        return commits;
    }

    private static async Task CommitAsync(ServerProcess host, Transcript transcript)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/v1/sessions/{transcript.Session}/commit");
        request.Headers.Add("Idempotency-Key", $"{transcript.Session}-commit");
        try
        {
            using HttpResponseMessage answer = await host.Client.SendAsync(request);
            JsonNode envelope = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            if (answer.IsSuccessStatusCode)
            {
                transcript.Accepted((string)envelope["result"]!["task_id"]!);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // It stopped, or was killed; whether the commit was accepted, the retry tells.
        }
    }

    private static async Task RetryAllAsync(Client client, Transcript[] transcripts) =>
        await Task.WhenAll(transcripts.Select(async transcript =>
        {
            JsonNode result = await client.PostAsync(
                $"api/v1/sessions/{transcript.Session}/commit", new JsonObject(), $"{transcript.Session}-commit");
            transcript.Accepted((string)result["task_id"]!);
        }));

    private static async Task<int> CountUnfinishedAsync(BlobContainerClient container) =>
        await container.GetBlobsAsync(BlobTraits.None, BlobStates.None, "orchestrations/active/", CancellationToken.None).CountAsync();
}
