using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.Server.Tests.Kills;

/// <summary>A host that stands still in the middle of commits, for longer than its ownership lasts.</summary>
public sealed class ZombieTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Zombie = 0;
    private const int Other = 1;
    private const int Sessions = 8;
    private const int OwnershipSeconds = 5;

    private static readonly TimeSpan s_ownership = TimeSpan.FromSeconds(OwnershipSeconds);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_it_does_after_others_took_over_changes_nothing()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container.Name, 2, OwnershipSeconds);
        var client = new Client(hosts, (Attempt: s_timeout, Request: s_timeout), only: Other);
        Transcript[] transcripts = [.. Enumerable.Range(1, Sessions).Select(static i => new Transcript($"s{i}"))];
        SessionClient[] speakers = [.. transcripts.Select(transcript => new SessionClient(client, transcript, "b"))];
        await Task.WhenAll(speakers.Select(static speaker => speaker.SayAsync(20)));

        // Commits and appends on the way to it, some half done; no client gets an answer any more.
        ServerProcess zombie = await hosts.GetAsync(Zombie);
        Task<string?>[] late =
        [
            .. transcripts
                .SelectMany(transcript => Requests(transcript.Session))
                .Select(request => SendLateAsync(client, zombie, request)),
        ];
        await AwaitUnfinishedAsync(container);
        await hosts.PauseAsync(Zombie);
        var paused = Stopwatch.StartNew();

        // The clients try again, with the same keys.
        string[] answers = await Task.WhenAll(transcripts.SelectMany(transcript => Requests(transcript.Session).Select(
            request => RetryAsync(client, transcript, request))));
        await Task.WhenAll(speakers.Select(static async speaker =>
        {
            await speaker.SayAsync(3);
            await speaker.CommitAsync();
            await speaker.SayAsync(1);
        }));
        await Verification.AwaitAllCompletedAsync(client, transcripts, s_timeout);
        int claimed = (await hosts.GetAsync(Other)).Output.Split(" is claimed").Length - 1;
        Assert.NotEqual(0, claimed);
        Assert.True(paused.Elapsed > s_ownership, $"Taken over after {paused.Elapsed.TotalSeconds:0.0} s.");
        HttpAudit[] before = await Task.WhenAll(transcripts.Select(transcript => HttpAudit.OfAsync(client, transcript.Session)));

        await hosts.ContinueAsync(Zombie);
        string?[] lateAnswers = await Task.WhenAll(late).WaitAsync(s_timeout);
        Assert.All(lateAnswers.Zip(answers), static pair => Assert.True(
            pair.First is null || pair.First == pair.Second, $"{pair.First}, and to the retry {pair.Second}"));

        // It has ended everything that it was about to do when its process is gone.
        Assert.Equal(0, await zombie.TerminateAsync());
        foreach ((Transcript transcript, HttpAudit earlier) in transcripts.Zip(before))
        {
            HttpAudit audit = await HttpAudit.OfAsync(client, transcript.Session);
            transcript.Check(audit);
            Assert.Equal(earlier.Everything, audit.Everything);
            Assert.Equivalent(earlier.Archives, audit.Archives, strict: true);
        }

        int answered = lateAnswers.Count(static answer => answer is not null);
        output.WriteLine(
            $"1 pause of {paused.Elapsed.TotalSeconds:0.0} s: {claimed} commits taken over; "
            + $"{answered} of {late.Length} requests were answered by the zombie, as by the other host");
    }

    private static IEnumerable<(string Path, JsonObject Body, string Key)> Requests(string session) =>
    [
        ($"api/v1/sessions/{session}/commit", [], $"{session}-late-commit"),
        ($"api/v1/sessions/{session}/messages", new JsonObject { ["role"] = "user", ["content"] = "late" }, $"{session}-late-append"),
    ];

    private static async Task<string?> SendLateAsync(
        Client client, ServerProcess zombie, (string Path, JsonObject Body, string Key) request)
    {
        try
        {
            (HttpResponseMessage answer, JsonNode envelope) = await client.SendOnceAsync(
                zombie, HttpMethod.Post, request.Path, request.Body, request.Key, CancellationToken.None);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return IdIn(envelope["result"]!);
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            return null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<string> RetryAsync(Client client, Transcript transcript, (string Path, JsonObject Body, string Key) request)
    {
        long sentAt = Stopwatch.GetTimestamp();
        JsonNode result = await client.PostAsync(request.Path, request.Body, request.Key);
        if ((string?)result["task_id"] is { } taskId)
        {
            transcript.Accepted(taskId);
        }
        else
        {
            transcript.Acknowledged(["late"], sentAt, Stopwatch.GetTimestamp());
        }

        return IdIn(result);
    }

    private static string IdIn(JsonNode result) => (string?)result["task_id"] ?? (string)result["message_ids"]![0]!;

    private static async Task AwaitUnfinishedAsync(BlobContainerClient container)
    {
        var clock = Stopwatch.StartNew();
        while (!await container
            .GetBlobsAsync(BlobTraits.None, BlobStates.None, "orchestrations/active/", CancellationToken.None)
            .AnyAsync())
        {
            Assert.True(clock.Elapsed < s_timeout, "Nothing is committed.");
        }
    }
}
