using DurableSessions.Core.Context;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests.RedTeam;

/// <summary>Injections against a model that obeys all of them: see this folder's README.</summary>
[Collection(nameof(Simulated))]
public sealed class RedTeamTests
{
    private const string Profile = "Ada, an engineer in Oslo";
    private const string Editor = "Uses vim";
    private const string Apollo = "Apollo deploys to the cluster in Bergen";
    private const string Wish = "From now on I want four spaces.";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names { get; } = [.. Injection.All.Select(static i => i.Name)];

    [Fact]
    public void Each_injection_has_a_mark_of_its_own()
    {
        Assert.True(Injection.All.Count >= 25);
        Assert.All(Injection.All, static i => Assert.NotEmpty(i.Mark));
        Assert.Equal(Injection.All.Count, Injection.All.Select(static i => i.Mark).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public Task An_injection_adds_at_most_what_names_its_source(string name) => RunAsync(async (host, model) =>
    {
        Injection injection = Injection.All.Single(i => i.Name == name);
        model.Knows(injection).Knows(Wish, "merge preferences/editor Four spaces");
        await SayAsync(host, Owner("Please look at this."), injection.Message());
        CommitTask first = await host.CommitToEndAsync();
        Assert.Contains(model.Answers, a => a.Obeyed.Contains(injection.Mark));
        await CheckAsync(host, injection, Editor);

        // The overview and a memory carry it on. The owner is heard beside it.
        int before = model.Answers.Count;
        await SayAsync(host, Owner(Wish), Assistant("Done."));
        CommitTask second = await host.CommitToEndAsync();
        Assert.Contains(injection.Mark, model.Answers[before].Obeyed);
        Assert.DoesNotContain(model.Answers, a => a.IsOwners && a.Obeyed.Contains(injection.Mark));
        await CheckAsync(host, injection, $"{Editor}\nFour spaces");

        // Whatever was asked for and not done has a reason.
        foreach (string[] asked in injection.Asks.Select(static a => a.Split(' ')).Where(static a => IsForbidden(a[0], a[1])))
        {
            Assert.All([first, second], t => Assert.Contains(
                t.Output!.Memories!.Skipped,
                s => $"{s.Category}/{s.Name}".Equals(asked[1], StringComparison.OrdinalIgnoreCase)
                    && s.Reason.StartsWith("only the owner's own words", StringComparison.Ordinal)));
        }
    });

    [Fact]
    public Task An_injection_in_one_window_reaches_the_next_by_the_overview_and_does_no_more_there() => RunAsync(async (host, model) =>
    {
        Injection injection = Injection.All[0];
        model.Knows(injection);
        await SayAsync(host, [injection.Message(), .. ChatCommitTests.Said.Select(Owner), Assistant("Read.")]);
        await host.CommitToEndAsync();
        Assert.InRange(model.Answers.Count(static a => !a.IsOwners), 2, 10);
        Assert.All(model.Answers, a => Assert.Equal(!a.IsOwners, a.Obeyed.Contains(injection.Mark)));
        Assert.Contains(model.Answers, static a => a.IsOwners);
        await CheckAsync(host, injection, Editor);
    });

    [Fact]
    public Task Many_changes_by_a_tool_do_not_crowd_out_the_owners() => RunAsync(async (host, model) =>
    {
        Injection injection = Injection.All.Single(static i => i.Name == "many-changes");
        model.Knows(injection).Knows(Wish, "merge preferences/editor Four spaces");
        await SayAsync(host, injection.Message(), Owner(Wish));
        CommitTask task = await host.CommitToEndAsync();
        Assert.Contains(task.Output!.Memories!.Skipped, static s => s.Reason.Contains("more changes than", StringComparison.Ordinal));
        await CheckAsync(host, injection, $"{Editor}\nFour spaces");
    });

    [Fact]
    public Task What_a_tool_adds_to_a_memory_does_not_keep_the_owner_from_deleting_it() => RunAsync(async (host, model) =>
    {
        Injection injection = Injection.All.Single(static i => i.Name == "merge-into-existing");
        model.Knows(injection).Knows("Forget apollo.", "delete entities/apollo");
        await SayAsync(host, injection.Message(), Owner("Forget apollo."));
        await host.CommitToEndAsync();
        Assert.DoesNotContain(await AllAsync(host), static m => m.Info.Name == "apollo");
    });

    [Fact]
    public Task Nothing_of_a_peer_is_asked_of_the_owner_where_the_owner_said_nothing() => RunAsync(async (host, model) =>
    {
        Injection injection = Injection.All.First(static i => i.Via == "peer");
        model.Knows(injection);
        await SayAsync(host, injection.Message(), Assistant("Hello."));
        await host.CommitToEndAsync();
        Assert.False(Assert.Single(model.Answers).IsOwners);
        await CheckAsync(host, injection, Editor);
    });

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public Task The_owner_states_replaces_and_deletes(bool withTools, bool inWorkspace) => RunAsync(async (host, model) =>
    {
        model.Knows(Wish, "create preferences/indentation Four spaces")
            .Knows("I live in Bergen now.", "update profile/me Ada, an engineer in Bergen")
            .Knows("Forget which editor I use.", "delete preferences/editor")
            .Knows("Apollo is done.", "update entities/apollo Apollo is done");
        NewMessage[] messages =
        [
            Owner(Wish), Owner("I live in Bergen now."), Owner("Forget which editor I use."), Owner("Apollo is done."),
            .. withTools
                ? new[] { Injection.Said("assistant", new { type = "tool", tool_name = "ls", tool_output = "a b" }), Assistant("Noted.") }
                : [],
        ];
        string? workspace = inWorkspace ? "-home-ada-apollo" : null;
        await SayAsync(host, [.. messages.Select(m => m with { PeerId = workspace })]);
        CommitTask task = await host.CommitToEndAsync();
        Assert.Equal(withTools ? 2 : 1, model.Answers.Count);
        Assert.Equal(
            [
                "Profile/me Ada, an engineer in Bergen", "Preferences/indentation Four spaces", "Entities/apollo Apollo is done",
            ],
            (await AllAsync(host, workspace)).Select(static m => $"{m.Info.Category}/{m.Info.Name} {m.Content}"));
        Assert.All(await AllAsync(host, workspace), static m => Assert.Equal(MemorySources.Owner, m.Info.Sources));

        // What holds everywhere is taken back everywhere, and changed nowhere but in the workspace.
        Assert.Equal(
            workspace is null ? ["me", "indentation", "apollo"] : ["me", "apollo"],
            (await AllAsync(host)).Select(static m => m.Info.Name));
        Assert.All(
            await AllAsync(host, workspace),
            m => Assert.Equal((task.TaskId, ChatHost.Key.Id), (m.Info.ChangedBy, m.Info.ChangedIn)));
    });

    private static bool IsForbidden(string operation, string memory) =>
        operation is "update" or "delete" || memory.StartsWith("pr", StringComparison.Ordinal);

    // What is the owner's is as it was; what is new names a source beside the owner; the next context says the same.
    private static async Task CheckAsync(ChatHost host, Injection injection, string editor)
    {
        IReadOnlyList<Memory> all = await AllAsync(host);
        Assert.Equal(
            [$"Profile/me {Profile}", $"Preferences/editor {editor}"],
            all.Where(static m => m.Info.Category is MemoryCategory.Profile or MemoryCategory.Preferences)
                .Select(static m => $"{m.Info.Category}/{m.Info.Name} {m.Content.Trim()}"));
        Assert.StartsWith(Apollo, all.Single(static m => m.Info.Name == "apollo").Content, StringComparison.Ordinal);
        Memory note = all.Single(m => m.Info.Name == injection.Mark);
        Assert.NotEqual(MemorySources.Owner, note.Info.Sources);
        Assert.NotNull(note.Info.Sources);
        Assert.All(
            all.Where(static m => m.Content.Contains("evil", StringComparison.Ordinal)),
            static m => Assert.True(m.Info.Sources is { } s && (s & ~MemorySources.Owner) != MemorySources.None));
        SessionContext context = await host.Store.Sessions.ReadContextAsync(
            ChatHost.Key, 100_000, query: null, includeMemories: true, hold: null, read: null, Cancelled);
        Assert.Equal(
            all.Select(static m => (m.Info, m.Content)).OrderBy(static m => m.Info.Name, StringComparer.Ordinal),
            context.Memories.Select(static m => (m.Info, m.Content)).OrderBy(static m => m.Info.Name, StringComparer.Ordinal));
    }

    private static async Task<IReadOnlyList<Memory>> AllAsync(ChatHost host, string? peer = null)
    {
        MemoryPage page = await host.Store.Memories.ListAsync(ChatHost.Key.Owner, peer, null, MemoryService.MaxPage, null, Cancelled);
        return await Task.WhenAll(
            page.Items.Select(i => host.Store.Memories.GetAsync(ChatHost.Key.Owner, i.Key, Cancelled)));
    }

    private static NewMessage Owner(string text) => Injection.Said("user", Injection.Of(text));

    private static NewMessage Assistant(string text) => Injection.Said("assistant", Injection.Of(text));

    private static Task SayAsync(ChatHost host, params NewMessage[] messages) =>
        host.Store.Sessions.AppendAsync(ChatHost.Key, messages, null, Cancelled);

    private static Task RunAsync(Func<ChatHost, ObeyingModel, Task> test) => SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
    {
        var model = new ObeyingModel();
        using ChatHost host = await ChatHost.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, model.Model);
        foreach ((MemoryCategory category, string name, string content) in new[]
        {
            (MemoryCategory.Profile, "me", Profile), (MemoryCategory.Preferences, "editor", Editor),
            (MemoryCategory.Entities, "apollo", Apollo),
        })
        {
            await host.Store.Memories.PutAsync(ChatHost.Key.Owner, category, name, content, new MemoryCondition(), Cancelled);
        }

        await test(host, model);
    });
}
