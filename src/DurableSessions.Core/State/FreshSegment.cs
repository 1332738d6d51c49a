namespace DurableSessions.Core.State;

/// <summary>A segment that a host has created and no manifest names yet.</summary>
/// <param name="Number">The number under which it was created: <see cref="Manifest.NextSegment"/> at that time.</param>
/// <param name="Segment">The segment.</param>
internal sealed record FreshSegment(int Number, SegmentReference Segment)
{
    /// <summary>Its blob.</summary>
    public string Name => Segment.Name;
}
