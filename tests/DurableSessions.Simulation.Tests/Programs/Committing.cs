using DurableSessions.Core.Errors;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Simulation.Tests.Model;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>Commits.</summary>
internal sealed record Commit(int Host, int Session, int KeepRecent, bool Keyed) : Operation(Host)
{
    public override Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        return SendAsync(world, Host, session, KeepRecent, Keyed ? world.InventKey(session, KeepRecent) : null);
    }

    public override string ToString() => $"commit s{Session}, keep {KeepRecent}{(Keyed ? ", with a key" : "")}, on h{Host}";

    internal static async Task SendAsync(World world, int host, SessionModel session, int keepRecent, CommitKey? key)
    {
        long start = world.Clock.Next();
        var request = new CommitRequest { KeepRecentCount = keepRecent, IdempotencyKey = key?.Key };
        try
        {
            if (await world.AskAsync(host, h => h.Store.Commits.CommitAsync(session.Key, request, World.Cancelled)) is { } answer)
            {
                // A host that does not know yet of a deletion accepts it, and it ends as cancelled: so this says nothing of the session.
                world.Accepted(answer.Task);
                key?.Answered(start, answer);
            }
        }
        catch (SessionNotFoundException)
        {
            session.CheckGone(start);
        }
    }
}

/// <summary>Commits again under the same key.</summary>
internal sealed record CommitAgain(int Host, int Choice) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        if (world.FindKey(Choice) is { } key)
        {
            await Commit.SendAsync(world, Host, key.Session, key.KeepRecent, key);
        }
    }

    public override string ToString() => $"commit again, {Choice} keys back, on h{Host}";
}

/// <summary>Cancels or retries a task that was accepted before.</summary>
internal sealed record Steer(int Host, int Choice, bool Cancels) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        if (world.FindTask(Choice) is not { } task)
        {
            return;
        }

        await (Cancels ? CancelAsync(world, Host, task) : RetryAsync(world, task));
    }

    internal static async Task CancelAsync(World world, int host, string task)
    {
        Attempt attempt = world.Cancelling(task);
        try
        {
            if (await world.AskAsync(host, h => h.Store.Tasks.CancelAsync(World.Owner, task, World.Cancelled)) is not null)
            {
                attempt.Acknowledge(world.Clock.Next());
            }
        }
        catch (TaskStatusException)
        {
            // It is over already, which a client may find.
            attempt.Acknowledge(world.Clock.Next());
        }
    }

    private async Task RetryAsync(World world, string task)
    {
        long start = world.Clock.Next();
        try
        {
            if (await world.AskAsync(Host, h => h.Store.Tasks.RetryAsync(World.Owner, task, World.Cancelled)) is not null)
            {
                world.Retried(task, start);
            }
        }
        catch (TaskStatusException)
        {
            // It is not over yet, which a client may find.
        }
    }

    public override string ToString() => $"{(Cancels ? "cancel" : "retry")} a task, {Choice} back, on h{Host}";
}

/// <summary>Cancels every commit that has not ended, also those whose clients have no answer yet.</summary>
internal sealed record CancelAll(int Host) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        IReadOnlyList<CommitTask>? tasks = await world.AskAsync(
            Host, h => h.Store.Tasks.ListAsync(World.Owner, new CommitTaskQuery { Limit = 200 }, World.Cancelled));
        foreach (CommitTask task in (tasks ?? []).Where(static t => !t.IsOver))
        {
            world.Accepted(task);
            await Steer.CancelAsync(world, Host, task.TaskId);
        }
    }

    public override string ToString() => $"cancel all tasks on h{Host}";
}

/// <summary>Has a session commit by itself.</summary>
internal sealed record Configure(int Host, int Session, int Threshold, int KeepRecent) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        long start = world.Clock.Next();
        var policy = new AutoCommitPolicy { MessageCountThreshold = Threshold, KeepRecentCount = KeepRecent, IdleTimeoutSeconds = 0 };
        try
        {
            await world.AskAsync(
                Host, h => h.Store.Sessions.ConfigureAsync(session.Key, s => s with { AutoCommitPolicy = policy }, World.Cancelled));
        }
        catch (SessionNotFoundException)
        {
            session.CheckGone(start);
        }
    }

    public override string ToString() => $"s{Session} commits itself over {Threshold} messages, keeping {KeepRecent}, from h{Host}";
}

/// <summary>Waits until every task is over, and looks whether what they say is so.</summary>
internal sealed record WaitForAll(int Host) : Operation(Host)
{
    public override Task RunAsync(World world) => world.AskAsync(Host, async host =>
    {
        await host.EndAllAsync();
        return true;
    });

    public override string ToString() => $"wait for all tasks on h{Host}";
}
