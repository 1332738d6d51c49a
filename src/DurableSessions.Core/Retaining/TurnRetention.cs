namespace DurableSessions.Core.Retaining;

/// <summary>
/// A commit that keeps whole turns live instead of a number of messages: the newest ones, at most <see cref="KeepTurns"/>, as many as
/// fit into <see cref="TokenBudget"/>. What stays live is always the end of the live log, and every message is in one place: live, or in
/// the archive.
/// </summary>
/// <remarks>
/// <para>A turn begins with a user's message that is not only the transport of tool results, and goes on to the next such message; what
/// stands before the first one is a turn too. In a turn, a step is a message of any other role together with the tool transports that
/// follow it. <c>message_kind</c> decides where it is <c>user_query</c> or <c>tool_transport</c>, otherwise the role and the parts do;
/// <c>turn_id</c> decides nothing, as in OpenViking, whose rule this follows.</para>
/// <para>The newest turn is kept even where it alone is over the budget, but cut down to its last steps: as many as fit, and never fewer
/// than <see cref="MinTailSteps"/>. Where it has no more than these, it stays whole. So what is kept is within the budget, or the least
/// there is to keep.</para>
/// <para>OpenViking then keeps the turn's question live as well, copies it into the archive, and lets a model write a checkpoint message
/// in the place of the archived steps, for which it reserves a part of the budget. Here no message is made, shortened or in two places:
/// the question goes into the archive with the steps behind it, stands in the context until an overview covers it, and the steps have
/// the whole budget. And steps that an earlier commit has left without their question keep their tail like others, where OpenViking
/// archives them all. Repeating a commit with nothing said in between therefore archives nothing.</para>
/// </remarks>
public sealed record TurnRetention
{
    /// <summary>The largest <see cref="KeepTurns"/>.</summary>
    public const int MaxKeepTurns = 10_000;

    /// <summary>The largest <see cref="MinTailSteps"/>.</summary>
    public const int MaxMinTailSteps = 10_000;

    /// <summary>At most how many turns stay live, 0 to <see cref="MaxKeepTurns"/>; 0 archives everything.</summary>
    public int KeepTurns { get; init; } = 3;

    /// <summary>How many estimated tokens the turns that stay live may have together; at least 1.</summary>
    public long TokenBudget { get; init; } = 12_000;

    /// <summary>
    /// How many of the newest turn's last steps stay live even above the budget, 0 to <see cref="MaxMinTailSteps"/>; 0 means 1.
    /// </summary>
    public int MinTailSteps { get; init; } = 1;

    /// <summary>Checks all bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its bounds.</exception>
    internal void EnsureValid()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(KeepTurns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(KeepTurns, MaxKeepTurns);
        ArgumentOutOfRangeException.ThrowIfLessThan(TokenBudget, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MinTailSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MinTailSteps, MaxMinTailSteps);
    }
}
