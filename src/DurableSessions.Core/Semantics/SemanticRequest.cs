using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Semantics;

/// <summary>What there is to digest.</summary>
/// <param name="PreviousOverview">
/// The overview of everything before, as an implementation made it; <see langword="null"/> at the first time.
/// </param>
/// <param name="Messages">The new messages in order; read once, as a stream: there may be more than fit in memory.</param>
public sealed record SemanticRequest(string? PreviousOverview, IAsyncEnumerable<SessionMessage> Messages)
{
    /// <summary>Where <see cref="PreviousOverview"/> may come from; <see langword="null"/>: unknown, or there is none.</summary>
    public MemorySources? PreviousSources { get; init; }

    /// <summary>The users' peer ids of everything before, whichever processor digested it.</summary>
    public UserPeers PreviousUsers { get; init; } = new();

    /// <summary>What may be done with the user's memories; <see langword="null"/>: the session's policy allows nothing.</summary>
    public MemoryExtraction? Memories { get; init; }

    /// <summary>The longest <see cref="Instructions"/>, in characters.</summary>
    public const int MaxInstructionsLength = 2_000;

    /// <summary>
    /// What the session's user wants this digest to look at besides, 1 to <see cref="MaxInstructionsLength"/> characters. It is no message:
    /// the user's own request for another digest has it. <see langword="null"/>: nothing. A processor without a model ignores it.
    /// </summary>
    public string? Instructions { get; init; }

    /// <summary>Keeps the answers that were paid for; <see langword="null"/>: answers are not kept.</summary>
    public PaidAnswers? Answers { get; init; }
}
