namespace DurableSessions.Core.State;

/// <summary>An overview of everything up to and including one archive.</summary>
/// <param name="Number">The archive.</param>
/// <param name="Blob">The semantic document.</param>
internal sealed record OverviewReference(int Number, string Blob)
{
    /// <summary>The change of the archive's digest that put it there; 0: the archive's commit did, or what digested it again.</summary>
    public int Change { get; init; }
}
