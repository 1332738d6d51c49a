using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.State;

/// <summary>What one process knows: where it stands, and what it has read. All zero: it has come to its end.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Proc
{
    /// <summary>The step that comes next; 0: none.</summary>
    public byte Pc;

    /// <summary>Appender: which of its messages. Commit: the attempt whose cut or archive it has in hand.</summary>
    public byte Target;

    /// <summary>How far it has come in a list of segments.</summary>
    public byte Index;

    /// <summary>Appender: messages in the last segment. Commit: the attempt to close.</summary>
    public byte Length;

    /// <summary>Appender: whether an append has an unknown outcome. Commit: whether it has a digest.</summary>
    public byte Flag;

    /// <summary>Appender: whether the segment is sealed. Commit: the fate to close with.</summary>
    public byte Fate;

    /// <summary>The step to go on with after a part that several steps share.</summary>
    public byte Return;

    /// <summary>The step to go on with after memories are applied.</summary>
    public byte Then;

    /// <summary>The manifest it has read.</summary>
    public int Known;

    /// <summary>A fresh segment, another manifest, the version of a catalogue, or a list of segments.</summary>
    public int Other;

    /// <summary>Messages read.</summary>
    public ulong List;
}
