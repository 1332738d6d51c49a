namespace DurableSessions.Core.State;

/// <summary>What a transition makes of a manifest.</summary>
internal abstract record Transition
{
    private Transition()
    {
    }

    /// <summary>
    /// The manifest changes: the swap writes <paramref name="Next"/>, if storage still has the manifest that it was made from.
    /// </summary>
    /// <param name="Next">The manifest to write.</param>
    public sealed record Changed(Manifest Next) : Transition;

    /// <summary>The manifest shows that the change was made before, or that it has been overtaken.</summary>
    public sealed record NothingToDo : Transition
    {
        /// <summary>The only one.</summary>
        public static NothingToDo Instance { get; } = new();
    }

    /// <summary>The session that the change is for was deleted; a session created later may have its id.</summary>
    public sealed record SessionGone : Transition
    {
        /// <summary>The only one.</summary>
        public static SessionGone Instance { get; } = new();
    }

    /// <summary>The client's request contradicts what the manifest shows.</summary>
    /// <param name="Error">What the client is answered.</param>
    public sealed record Refused(Exception Error) : Transition;
}
