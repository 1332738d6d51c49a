using System.Net;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests.RedTeam;

/// <summary>Who the owner of a conversation is, over several commits: a speaker of an earlier archive is not forgotten.</summary>
[Collection(nameof(Simulated))]
public sealed class SpeakerTests
{
    private const string Wish = "From now on I want four spaces.";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("user:alice assistant:alice user:bob", "user:bob assistant:bob", false)]
    [InlineData("user:alice assistant:alice", "user:bob assistant:bob", false)]
    [InlineData("user:alice user:bob; user assistant", "user:bob assistant:bob", false)]
    [InlineData("user:bob assistant:bob", "user:bob assistant:bob", true)]
    [InlineData("user assistant:alice", "user:bob assistant:bob", true)]
    public Task A_user_is_the_owner_by_what_was_heard_in_all_archives(string before, string last, bool isOwner) =>
        RunAsync(async (cluster, container, model) =>
        {
            using ChatHost host = await ChatHost.RunAsync(cluster, container, model.Model);
            foreach (string archive in before.Split("; "))
            {
                await CommitAsync(host, archive, "Hello.");
            }

            await CheckAsync(host, model, last, isOwner);
        });

    [Fact]
    public Task What_the_built_in_digest_read_in_the_models_place_is_heard() => RunAsync(async (cluster, container, model) =>
    {
        model.Model.NextStatus(HttpStatusCode.InternalServerError, times: 3);
        using ChatHost host = await ChatHost.RunAsync(cluster, container, model.Model);
        CommitTask degraded = await CommitAsync(host, "user:alice user:bob", "Hello.");
        Assert.Equal(ArchiveState.Degraded, degraded.Output!.State);
        await CheckAsync(host, model, "user:bob assistant:bob", isOwner: false);
    });

    // Its speakers are not known, so an id may be another's; who speaks without an id is the owner as before.
    [Theory]
    [InlineData("user:bob assistant:bob", false)]
    [InlineData("user assistant", true)]
    public Task A_digest_of_an_earlier_version_says_nothing_of_speakers(
        string last, bool isOwner) => RunAsync(async (cluster, container, model) =>
    {
        using (ChatHost host = await ChatHost.RunAsync(cluster, container, model.Model))
        {
            await CommitAsync(host, "user:alice user:bob", "Hello.");
        }

        BlobContainerClient blobs = (await cluster.ConnectAsync(container)).Container;
        int rewritten = 0;
        await foreach (BlobItem item in blobs.GetBlobsAsync(new GetBlobsOptions(), Cancelled))
        {
            BlobClient blob = blobs.GetBlobClient(item.Name);
            string text = (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToString();
            if (text.Contains("\"users\":", StringComparison.Ordinal))
            {
                rewritten++;
                string earlier = text.Replace("\"users\":", "\"ignored\":", StringComparison.Ordinal);
                await blob.UploadAsync(BinaryData.FromString(earlier), overwrite: true, Cancelled);
            }
        }

        Assert.Equal(1, rewritten);
        using ChatHost later = await ChatHost.RunAsync(cluster, container, model.Model);
        await CheckAsync(later, model, last, isOwner);
    });

    private static async Task CheckAsync(ChatHost host, ObeyingModel model, string speakers, bool isOwner)
    {
        int before = model.Answers.Count;
        await CommitAsync(host, speakers, Wish);
        Assert.Equal(isOwner, model.Answers.Skip(before).Any(static a => a.IsOwners));
        string? peer = speakers.Split(' ')[0].Split(':') is [_, { } id] ? id : null;
        MemoryPage page = await host.Store.Memories.ListAsync(ChatHost.Key.Owner, peer, null, MemoryService.MaxPage, null, Cancelled);
        Assert.Equal(isOwner ? [MemorySources.Owner] : [], page.Items.Select(static m => m.Sources));
    }

    private static async Task<CommitTask> CommitAsync(ChatHost host, string speakers, string text)
    {
        IEnumerable<string[]> all = speakers.Split(' ').Select(static s => s.Split(':'));
        NewMessage[] messages =
        [
            .. all.Select(s => Injection.Said(s[0], Injection.Of(text)) with { PeerId = s.Length > 1 ? s[1] : null }),
        ];
        await host.Store.Sessions.AppendAsync(ChatHost.Key, messages, null, Cancelled);
        return await host.CommitToEndAsync();
    }

    private static Task RunAsync(Func<SimulatedCluster, string, ObeyingModel, Task> test) =>
        SimulatedCluster.RunAsync(Schedule.InOrder, async cluster => await test(
            cluster,
            (await cluster.NewContainerAsync()).Name,
            new ObeyingModel().Knows(Wish, "create preferences/indentation Four spaces")));
}
