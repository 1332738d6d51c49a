using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>The scenarios whose every storage request is tried with every fault.</summary>
internal static class Scenarios
{
    public static readonly Func<Scenario>[] Around =
    [
        static () => new FirstAppend(),
        static () => new LaterAppend(),
        static () => new NamedAppend(),
        static () => new Create(),
        static () => new Configure(),
        static () => new AutoCommit(),
        static () => new Delete(),
        static () => new DeleteBesideCommit(),
        static () => new Cancel(),
        static () => new Retry(),
        static () => new KeyedRetryAndCancel(),
    ];

    public static readonly Func<Scenario>[] OfCommits =
    [
        static () => new FirstCommit(KeepRecent: 0),
        static () => new FirstCommit(KeepRecent: 2),
        static () => new CommitOfTurns(),
        static () => new LaterCommit(),
        static () => new CommitBesideCommit(),
        static () => new CommitBesideAppends(),
    ];

    public static readonly Func<Scenario>[] OfMemories =
    [
        static () => new CommitWithMemories(),
        static () => new CommitThatChangesMemories(),
        static () => new TwoSessionsWithMemories(),
        static () => new KeyedUndoOfMemories(),
        static () => new RetryOutOfOrder(),
        static () => new DigestAgain(),
        static () => new ReplaceDigest(),
        static () => new PreviewAndRestoreDigest(),
        static () => new ReplaceDigestBesideCommit(),
        static () => new ReplaceDigestBesideDelete(),
    ];

    public static readonly Func<Scenario>[] OfMerges =
    [
        static () => new Merge(),
        static () => new MergeBesideCommit(),
        static () => new MergeBesideDelete(),
        static () => new MergeTwiceAtOnce(),
    ];

    public static IEnumerable<Func<Scenario>> All => Around.Concat(OfCommits).Concat(OfMemories).Concat(OfMerges);

    private sealed record FirstAppend() : Scenario("first append")
    {
        public override Task ActAsync(Host host) => SayAsync(host, "a1", "a2");
    }

    private sealed record LaterAppend() : Scenario("append, rolling")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1");

        public override async Task ActAsync(Host host)
        {
            for (int i = 1; i <= 5; i++)
            {
                await SayAsync(host, $"a{i}");
            }
        }
    }

    // Without a key: its client has named each message, and sends the second half again together with the first.
    private sealed record NamedAppend() : Scenario("append of named messages")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1");

        public override async Task ActAsync(Host host)
        {
            await SayNamedAsync(host, "a1", "a2");
            await SayNamedAsync(host, "a1", "a2", "a3");
        }

        private async Task SayNamedAsync(Host host, params string[] texts)
        {
            Said.Sent(texts);
            await host.Store.Sessions.AppendAsync(
                Key, [.. texts.Select(static t => Words.Message(t) with { ClientId = t })], null, Cancelled);
            Said.Acknowledged([texts[^1]]);
        }
    }

    private sealed record Create() : Scenario("create")
    {
        public override async Task ActAsync(Host host)
        {
            await host.Store.Sessions.CreateAsync(Key.Owner, "s1", new SessionSettings(), Words.Key("create"), Cancelled);
            await SayAsync(host, "a1");
        }
    }

    private sealed record FirstCommit(int KeepRecent) : Scenario($"first commit, keeping {KeepRecent}")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2", "p3", "p4");

        public override async Task ActAsync(Host host)
        {
            CommitTask task = await host.CommitAsync(Key, KeepRecent, Words.Key("commit"));
            await host.EndOfAsync(Key, task.TaskId);
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal([ArchiveState.Covered], audit!.Archives.Select(static a => a.State));
            Assert.Equal(KeepRecent, audit.Context.Count);
            return Task.CompletedTask;
        }
    }

    private sealed record CommitOfTurns() : Scenario("commit, keeping the last steps of a turn")
    {
        public override async Task PrepareAsync(Host host)
        {
            string[] texts = ["q1", "a1", "q2", "a2", "a3", "a4"];
            Said.Sent(texts);
            await host.Store.Sessions.AppendAsync(
                Key, [.. texts.Select(static t => Words.Message(t, t[0] == 'q' ? "user" : "assistant"))], Words.Key(texts[0]), Cancelled);
            Said.Acknowledged(texts);
        }

        public override async Task ActAsync(Host host)
        {
            // Each message is one token.
            var turns = new TurnRetention { KeepTurns = 2, TokenBudget = 2 };
            CommitAnswer answer = await host.Store.Commits.CommitAsync(
                Key, new CommitRequest { Turns = turns, IdempotencyKey = Words.Key("commit") }, Cancelled);
            await host.EndOfAsync(Key, answer.Task!.TaskId);
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal(["q1", "a1", "q2", "a2"], Assert.Single(audit!.Archives).Texts);
            Assert.Equal(["a3", "a4"], audit.Context);
            return Task.CompletedTask;
        }
    }

    private sealed record LaterCommit() : Scenario("later commit, keeping what was kept")
    {
        public override bool IsPreparedOnce => true;

        public override async Task PrepareAsync(Host host)
        {
            await SayAsync(host, "p1", "p2", "p3");
            await host.EndOfAsync(Key, (await host.CommitAsync(Key, keepRecent: 2)).TaskId);
            await SayAsync(host, "p4");
        }

        public override async Task ActAsync(Host host)
        {
            CommitTask task = await host.CommitAsync(Key, keepRecent: 1, Words.Key("commit"));
            await SayAsync(host, "a1");
            await host.EndOfAsync(Key, task.TaskId);
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal(2, audit!.Archives.Count);
            Assert.Equal(["p1"], audit.Archives[0].Texts);
            return Task.CompletedTask;
        }
    }

    private sealed record CommitBesideCommit() : Scenario("two commits at once")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2");

        public override async Task ActAsync(Host host)
        {
            Task first = CommitAsync(host, keepRecent: 1, "one");
            await SayAsync(host, "a1");
            await CommitAsync(host, keepRecent: 0, "two");
            await first;
        }

        // One of them may find that the other has taken everything.
        private static async Task CommitAsync(Host host, int keepRecent, string key)
        {
            CommitAnswer answer = await host.Store.Commits.CommitAsync(
                Key, new CommitRequest { KeepRecentCount = keepRecent, IdempotencyKey = Words.Key(key) }, Cancelled);
            if (answer.Task is { } task)
            {
                await host.EndOfAsync(Key, task.TaskId);
            }
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.InRange(audit!.Archives.Count, 1, 2);
            Assert.All(audit.Archives, static a => Assert.Equal(ArchiveState.Covered, a.State));
            return Task.CompletedTask;
        }
    }

    private sealed record CommitBesideAppends() : Scenario("commit beside appends")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2");

        public override async Task ActAsync(Host host)
        {
            Task<CommitTask> commit = host.CommitAsync(Key, 0, Words.Key("commit"));
            for (int i = 1; i <= 6; i++)
            {
                await SayAsync(host, $"a{i}");
            }

            await host.EndOfAsync(Key, (await commit).TaskId);
        }
    }

    private sealed record Delete() : Scenario("delete")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2");

        public override async Task ActAsync(Host host)
        {
            Said.MayBeDeleted = true;
            try
            {
                await host.Store.Sessions.DeleteAsync(Key, Cancelled);
            }
            catch (SessionNotFoundException)
            {
                // The first attempt has done it, and its answer was lost.
            }
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Null(audit);
            return Task.CompletedTask;
        }
    }

    private sealed record DeleteBesideCommit() : Scenario("delete beside commit")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2");

        public override async Task ActAsync(Host host)
        {
            Said.MayBeDeleted = true;
            Task commit = CommitAsync(host);
            await DeleteAsync(host);
            await commit;
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Null(audit);
            return Task.CompletedTask;
        }

        private static async Task CommitAsync(Host host)
        {
            try
            {
                await host.CommitAsync(Key, 0, Words.Key("commit"));
            }
            catch (SessionNotFoundException)
            {
                // Deleted before.
            }
        }

        private static async Task DeleteAsync(Host host)
        {
            try
            {
                await host.Store.Sessions.DeleteAsync(Key, Cancelled);
            }
            catch (SessionNotFoundException)
            {
                // The first attempt has done it, and its answer was lost.
            }
        }
    }

    private sealed record Cancel() : Scenario("cancel")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "p2");

        public override async Task ActAsync(Host host)
        {
            CommitTask task = await host.CommitAsync(Key, 0, Words.Key("commit"));
            try
            {
                await host.Store.Tasks.CancelAsync(Key.Owner, task.TaskId, Cancelled);
            }
            catch (TaskStatusException)
            {
                // It has ended before.
            }

            await host.EndOfAsync(Key, task.TaskId);
        }

        public override async Task CheckAsync(Host fresh, Audit? audit)
        {
            CommitTask task = Assert.Single(await fresh.EndAllAsync());
            Assert.Equal(task.ArchiveNumber is null ? 0 : 1, audit!.Archives.Count);
            if (task.Status == CommitTaskStatus.Completed)
            {
                Assert.Equal(ArchiveState.Covered, audit.Archives[0].State);
            }
            else
            {
                Assert.Equal(CommitTaskStatus.Cancelled, task.Status);
                Assert.Equal(["p1", "p2"], audit.Context);
            }
        }
    }

    private sealed record Retry() : Scenario("retry")
    {
        private string? _taskId;

        public override bool IsPreparedOnce => true;

        public override async Task PrepareAsync(Host host)
        {
            await SayAsync(host, "p1", "p2");
            host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
            CommitTask task = await host.CommitAsync(Key);
            await host.StageAsync(task.TaskId, "summarizing");
            await host.Store.Tasks.CancelAsync(Key.Owner, task.TaskId, Cancelled);
            Assert.Equal(CommitTaskStatus.Cancelled, (await host.EndOfAsync(Key, task.TaskId)).Status);
            host.Processor.Before = static _ => Task.CompletedTask;
            _taskId = task.TaskId;
        }

        public override async Task ActAsync(Host host)
        {
            try
            {
                await host.Store.Tasks.RetryAsync(Key.Owner, _taskId!, Cancelled);
            }
            catch (TaskStatusException)
            {
                // The first attempt is on its way, or over.
            }

            await host.EndOfAsync(Key, _taskId!);
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal([ArchiveState.Covered], audit!.Archives.Select(static a => a.State));
            return Task.CompletedTask;
        }
    }

    private sealed record AutoCommit() : Scenario("auto-commit")
    {
        public override async Task PrepareAsync(Host host)
        {
            var policy = new Core.State.AutoCommitPolicy { MessageCountThreshold = 2, IdleTimeoutSeconds = 0 };
            await host.Store.Sessions.CreateAsync(Key.Owner, "s1", new SessionSettings { AutoCommitPolicy = policy }, null, Cancelled);
            await SayAsync(host, "p1");
        }

        public override async Task ActAsync(Host host)
        {
            await SayAsync(host, "a1");
            await SayAsync(host, "a2");

            // Its start is tried again with the next append, where it failed. Then what has begun ends.
            SessionInfo info = await host.Store.Sessions.GetAsync(Key, false, Cancelled);
            for (int i = 3; info.CommitCount == 0 || info.PendingArchives.Count > 0; i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), host.Time, Cancelled);
                await (info.CommitCount == 0 ? SayAsync(host, $"a{i}") : Task.CompletedTask);
                info = await host.Store.Sessions.GetAsync(Key, false, Cancelled);
            }
        }

        public override Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.NotEmpty(audit!.Archives);
            return Task.CompletedTask;
        }
    }

    private sealed record Configure() : Scenario("configure")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1");

        public override async Task ActAsync(Host host)
        {
            for (int i = 1; i <= 3; i++)
            {
                var policy = new Core.State.AutoCommitPolicy { MessageCountThreshold = 0, IdleTimeoutSeconds = i * 1000 };
                await host.Store.Sessions.ConfigureAsync(Key, s => s with { AutoCommitPolicy = policy }, Cancelled);
            }

            await SayAsync(host, "a1");
        }

        public override async Task CheckAsync(Host fresh, Audit? audit) =>
            Assert.Equal(3000, (await fresh.Store.Sessions.GetAsync(Key, false, Cancelled)).Settings.AutoCommitPolicy!.IdleTimeoutSeconds);
    }

    private sealed record CommitWithMemories() : Scenario("commit with memories")
    {
        public override Task PrepareAsync(Host host) => SayAsync(host, "p1", "+preferences/tea=green", "+entities/bob=a friend");

        public override async Task ActAsync(Host host)
        {
            CommitTask task = await host.CommitAsync(Key, 0, Words.Key("commit"));
            await host.EndOfAsync(Key, task.TaskId);
        }

        public override async Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal([ArchiveState.Covered], audit!.Archives.Select(static a => a.State));
            Assert.Equal(["preferences/tea 1 green", "entities/bob 1 a friend"], await StoredMemories.AllAsync(fresh));
            await StoredMemories.CheckReportsAsync(fresh, Key, 2);
        }
    }

    private sealed record CommitThatChangesMemories() : Scenario("commit that changes and deletes memories, of peers too")
    {
        public override bool IsPreparedOnce => true;

        public override async Task PrepareAsync(Host host)
        {
            await SayAsync(host, "p1", "+preferences/tea=green", "+entities/bob=a friend");
            await SayAsPeerAsync(host, "a", "+preferences/tea=white");
            await host.CommitToEndAsync(Key);
            await SayAsync(host, "+preferences/tea=black", "-entities/bob", "!profile/me=new");
            await SayAsPeerAsync(host, "a", "+preferences/tea=red");
            await SayAsPeerAsync(host, "b", "+preferences/tea=none");
        }

        public override async Task ActAsync(Host host)
        {
            CommitTask task = await host.CommitAsync(Key, 0, Words.Key("commit"));
            await host.EndOfAsync(Key, task.TaskId);
        }

        public override async Task CheckAsync(Host fresh, Audit? audit)
        {
            Assert.Equal(["profile/me 1 new", "preferences/tea 2 green black"], await StoredMemories.AllAsync(fresh));
            Assert.Equal(["preferences/tea 2 white red"], await StoredMemories.AllAsync(fresh, peer: "a"));
            Assert.Equal(["preferences/tea 1 none"], await StoredMemories.AllAsync(fresh, peer: "b"));
            await StoredMemories.CheckReportsAsync(fresh, Key, 8);
        }
    }

    private sealed record TwoSessionsWithMemories() : Scenario("two sessions of one user commit memories at once")
    {
        private static readonly SessionKey Other = Key with { Id = "s2" };

        public override bool IsPreparedOnce => true;

        public override async Task PrepareAsync(Host host)
        {
            await SayAsync(host, "+preferences/tea=green", "+events/one=mine");
            await host.AppendAsync(Other, "+preferences/tea=black", "+events/two=mine");
        }

        public override Task ActAsync(Host host) => Task.WhenAll(CommitAsync(host, Key, "one"), CommitAsync(host, Other, "two"));

        private static async Task CommitAsync(Host host, SessionKey key, string idempotencyKey) =>
            await host.EndOfAsync(key, (await host.CommitAsync(key, 0, Words.Key(idempotencyKey))).TaskId);

        public override async Task CheckAsync(Host fresh, Audit? audit)
        {
            IReadOnlyList<string> all = await StoredMemories.AllAsync(fresh);
            Assert.Contains(all[0], (string[])["preferences/tea 2 green black", "preferences/tea 2 black green"]);
            Assert.Equal(["events/one 1 mine", "events/two 1 mine"], all.Skip(1));
            await StoredMemories.CheckReportsAsync(fresh, Key, 2);
            await StoredMemories.CheckReportsAsync(fresh, Other, 2);
        }
    }
}
