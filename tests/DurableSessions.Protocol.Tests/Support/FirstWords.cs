using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Protocol.Tests;

/// <summary>A processor whose digest says what went in, and that counts its calls.</summary>
internal sealed class FirstWords : ISemanticProcessor
{
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What happens before it answers.</summary>
    public Func<CancellationToken, Task> Before { get; set; } = static _ => Task.CompletedTask;

    public string Name { get; init; } = "first-words";

    /// <summary>What its digests say besides: a model never answers twice the same.</summary>
    public string Adds { get; init; } = "";

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        await Before(cancellationToken);
        int count = 0;
        string first = "";
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            first = count++ == 0 ? Words.Text(message) : first;
        }

        string overview = $"{request.PreviousOverview} {first}+{count - 1}{Adds}".Trim();
        return new SemanticDigest($"{count} messages", overview[..Math.Min(overview.Length, SemanticDigest.MaxOverviewLength)]);
    }
}
