using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.State;

/// <summary>The current manifest, what is left of each budget, and what only the properties know.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Ghost
{
    /// <summary>The manifest in storage. Its number stands for its ETag too: a generation is written once in each history.</summary>
    public int Manifest;

    /// <summary>Messages that were acknowledged, a bit each; those of a session that was deleted since are in <see cref="Gone"/>.</summary>
    public ushort Acked;

    public ushort Gone;

    /// <summary>Messages that were sent, and for messages 1 to 8, eight bits each, what was acknowledged before.</summary>
    public ushort Sent;

    public ulong Before;

    /// <summary>Attempts that were closed, a bit each.</summary>
    public ushort Closed;

    /// <summary>Commits whose instance is over, a bit each.</summary>
    public byte Over;

    /// <summary>Processes that were ended in the middle, a bit each.</summary>
    public ushort Dead;

    /// <summary>Settings that were answered as set, a bit each.</summary>
    public byte Configured;

    /// <summary>How many requests may still be late or doubled.</summary>
    public byte LateLeft;

    /// <summary>How many answers may still be lost.</summary>
    public byte LostLeft;

    /// <summary>A property of a step, and not of a state, that was broken: see <see cref="Checking.Properties"/>.</summary>
    public byte Broken;
}
