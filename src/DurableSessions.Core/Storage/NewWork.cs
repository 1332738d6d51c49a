namespace DurableSessions.Core.Storage;

/// <summary>
/// Work that a client asks for. Until its first storage request is sent it has not begun: that request waits behind those of all work under
/// way, and may be refused. Once it has begun, its further requests, and those of what it starts, are work under way.
/// </summary>
/// <remarks>
/// It flows with the execution context, from the request of a client to what is executed for it. Where there is none, as in a host that
/// recovers what another one left, all is work under way.
/// </remarks>
public sealed class NewWork
{
    private static readonly AsyncLocal<NewWork?> s_current = new();

    private volatile bool _hasBegun;

    private NewWork()
    {
    }

    /// <summary>The work that the calling flow is of, where it has not begun.</summary>
    internal static NewWork? NotBegun => s_current.Value is { HasBegun: false } work ? work : null;

    /// <summary>Whether a storage request of it was sent.</summary>
    internal bool HasBegun => _hasBegun;

    /// <summary>From here on the calling flow is of work that has not begun; call it in an asynchronous method, which bounds it.</summary>
    public static void Enter() => s_current.Value = new NewWork();

    /// <summary>As <see cref="Enter"/>, for more of the same kind: in a flow of no client, all stays work under way.</summary>
    internal static void EnterNext()
    {
        if (s_current.Value is { HasBegun: true })
        {
            Enter();
        }
    }

    internal void Begin() => _hasBegun = true;
}
