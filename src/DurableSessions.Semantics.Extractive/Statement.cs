namespace DurableSessions.Semantics.Extractive;

/// <summary>A sentence that may get into the overview.</summary>
/// <param name="Kind">Its section.</param>
/// <param name="Text">Clean text of one line, at most <see cref="MaxLength"/> characters.</param>
/// <param name="Order">Its place in the conversation; those of the previous overview come first.</param>
internal sealed record Statement(StatementKind Kind, string Text, long Order)
{
    /// <summary>The longest text, in characters.</summary>
    public const int MaxLength = 240;

    /// <summary>What it says, for comparing; made once.</summary>
    public Terms Terms { get; } = Terms.Of(Text);

    /// <summary>How much it is worth keeping; above zero. Later statements lower it (superseded) or raise it (repeated).</summary>
    public double Score { get; set; }

    /// <summary>Whether it was carried over from the previous overview.</summary>
    public bool IsCarried { get; init; }
}
