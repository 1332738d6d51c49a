using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Testing;

/// <summary>
/// A processor whose digest says what went in, that counts its calls, and that asks for the changes of memories that messages say.
/// </summary>
internal sealed class FakeProcessor : ISemanticProcessor
{
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What happens before it answers.</summary>
    public Func<CancellationToken, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What happens after each message that it takes.</summary>
    public Func<CancellationToken, Task> EachMessage { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What happens after it was shown the memories.</summary>
    public Func<CancellationToken, Task> Between { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Why it says that it looked for no memories.</summary>
    public string? WithoutMemories { get; set; }

    /// <summary>Whether it looks for memories at all; the built-in digest does not.</summary>
    public bool FindsMemories { get; init; } = true;

    /// <summary>Whether it decides about memories without asking which there are.</summary>
    public bool WithoutLooking { get; set; }

    /// <summary>What it says that its digests have cost.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Where it says that the changes come from.</summary>
    public MemorySources? Sources { get; set; } = MemorySources.Owner;

    /// <summary>Where it says that one change comes from, where that is not <see cref="Sources"/>.</summary>
    public Func<MemoryChange, MemorySources?>? SourcesOf { get; set; }

    /// <summary>Whether the last digest was to store all that is said; <see langword="null"/>: it was to find no memories.</summary>
    public bool? StoresAll { get; private set; }

    /// <summary>Ends each abstract.</summary>
    public string Says { get; set; } = "";

    /// <summary>What each overview says; <see langword="null"/>: that before it, and the first words.</summary>
    public string? Overview { get; set; }

    public string Name { get; init; } = "first-words";

    /// <summary>What its digests say besides: a model never answers twice the same.</summary>
    public string Adds { get; init; } = "";

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        StoresAll = request.Memories?.StoresAll;
        await Before(cancellationToken);
        int count = 0;
        string first = "";
        var changes = new List<MemoryChange>();
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            await EachMessage(cancellationToken);
            first = count++ == 0 ? Words.Text(message) : first;
            if (FindsMemories && MemoryNotation.Parse(Words.Text(message)) is { } change)
            {
                changes.Add(change with { Sources = SourcesOf is null ? Sources : SourcesOf(change), Peer = message.PeerId });
            }
        }

        if (changes.Count > 0 && !WithoutLooking && request.Memories is { } memories)
        {
            await memories.ReadAsync(cancellationToken);
            foreach (string peer in changes.Select(static c => c.Peer).OfType<string>().Distinct())
            {
                await memories.ReadOfPeerAsync(peer, cancellationToken);
            }
        }

        await Between(cancellationToken);

        string overview = Overview ?? $"{request.PreviousOverview} {first}+{count - 1}{Adds}{Asked(request)}".Trim();
        return new SemanticDigest($"{count} messages{Says}", overview[..Math.Min(overview.Length, SemanticDigest.MaxOverviewLength)])
        {
            Memories = changes,
            WithoutMemories = WithoutMemories,
            Usage = Usage,
        };
    }

    private static string Asked(SemanticRequest request) => request.Instructions is { } asked ? $" ({asked})" : "";
}
