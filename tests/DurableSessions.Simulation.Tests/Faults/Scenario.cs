using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>Something that a client does, and what must be true however storage and processes behave meanwhile.</summary>
/// <param name="Name">What the test is called.</param>
internal abstract record Scenario(string Name)
{
    public static readonly SessionKey Key = new("acme", "ada", "s1");

    /// <summary>What was sent so far, and what of it was acknowledged, in order.</summary>
    public Conversation Said { get; private init; } = new();

    /// <summary>
    /// Whether it is prepared once for all faults, by a host of its own: the one that acts then has seen nothing of it. For what takes many
    /// requests to prepare, and is done by any host.
    /// </summary>
    public virtual bool IsPreparedOnce => false;

    /// <summary>Whether the host that checks runs orchestrations for it; others only read.</summary>
    public virtual bool IsCheckedAtWork => false;

    /// <summary>
    /// The only session that has a task which is not over when the scenario is prepared; <see langword="null"/>: there may be others.
    /// </summary>
    public virtual string? OnlySession => null;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What was there before, on a host without faults.</summary>
    public virtual Task PrepareAsync(Host host) => Task.CompletedTask;

    /// <summary>What is done while faults happen. It may fail, as for a client; then the client tries again on another host.</summary>
    public abstract Task ActAsync(Host host);

    /// <summary>What only this scenario promises, on a fresh host, when everything is over.</summary>
    public virtual Task CheckAsync(Host fresh, Audit? audit) => Task.CompletedTask;

    /// <summary>The client appends, and notes the answer.</summary>
    protected Task SayAsync(Host host, params string[] texts) => SayAsPeerAsync(host, null, texts);

    /// <summary>The client of a peer appends, and notes the answer.</summary>
    protected async Task SayAsPeerAsync(Host host, string? peer, params string[] texts)
    {
        Said.Sent(texts);
        await host.Store.Sessions.AppendAsync(
            Key, [.. texts.Select(t => Words.Message(t) with { PeerId = peer })], Words.Key(texts[0]), Cancelled);
        Said.Acknowledged(texts);
    }

    /// <summary>The same, to be acted once more from here.</summary>
    public Scenario Copy() => this with { Said = Said.Copy() };

    public async Task<Audit?> AuditAsync(Host fresh)
    {
        try
        {
            Audit audit = await fresh.AuditAsync(Key);
            Said.Check(audit);
            return audit;
        }
        catch (SessionNotFoundException)
        {
            Said.CheckNothing();
            return null;
        }
    }
}
