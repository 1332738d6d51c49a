namespace DurableSessions.Testing;

/// <summary>What can happen next.</summary>
public enum MoveKind
{
    /// <summary>Storage carries out a request whose client waits, or an answer reaches its client.</summary>
    Request,

    /// <summary>Storage carries out a request whose client has given up.</summary>
    LateRequest,

    /// <summary>The clock goes on to the next timer.</summary>
    Clock,
}
