namespace DurableSessions.Semantics.Extractive;

/// <summary>A sentence that may get into the overview.</summary>
/// <param name="Kind">Its section.</param>
/// <param name="Text">Clean text of one line, at most <see cref="MaxLength"/> characters.</param>
/// <param name="Order">Its place in the conversation; those of the previous overview come first.</param>
internal sealed record Statement(StatementKind Kind, string Text, long Order)
{
    /// <summary>The longest text, in characters.</summary>
    public const int MaxLength = 240;

    private Facets? _facets;

    /// <summary>What it says, for comparing; made once.</summary>
    public Terms Terms { get; } = Terms.Of(RelativeDates.Without(Text));

    /// <summary>What of it a later statement may overtake; made where it is asked for.</summary>
    public Facets Facets => _facets ??= Facets.Of(Text);

    /// <summary>Whether it has a day that was resolved.</summary>
    public bool SaysWhen { get; } = RelativeDates.Without(Text).Length < Text.Length;

    /// <summary>Who said it and when.</summary>
    public Stamp Stamp { get; init; }

    /// <summary>What <see cref="Text"/> takes in the overview, with its stamp.</summary>
    public string Line => Stamp.Line(Text);

    /// <summary>How much it is worth keeping; above zero. Later statements lower it (superseded) or raise it (repeated).</summary>
    public double Score { get; set; }

    /// <summary>Whether it was carried over from the previous overview.</summary>
    public bool IsCarried { get; init; }
}
