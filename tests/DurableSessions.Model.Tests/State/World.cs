using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.State;

/// <summary>
/// One state: storage, the requests on their way to it, and each process. A search has two of these and copies between them; the states
/// it has to remember are bytes, the same for the same state.
/// </summary>
internal sealed class World(int processes)
{
    public const int MaxBytes = 4096;
    private const int MaxLate = 8;

    private readonly Late[] _late = new Late[MaxLate];
    private int _lateCount;

    public Ghost Ghost;

    public Proc[] Procs { get; } = new Proc[processes];

    public Store Store { get; } = new();

    public ReadOnlySpan<Late> Late => _late.AsSpan(0, _lateCount);

    public void CopyFrom(World other)
    {
        Ghost = other.Ghost;
        other.Procs.AsSpan().CopyTo(Procs);
        Store.CopyFrom(other.Store);
        other.Late.CopyTo(_late);
        _lateCount = other._lateCount;
    }

    /// <summary>A request is on its way. The list is sorted, so that the order of sending makes no other state.</summary>
    public void Send(Late late)
    {
        int at = _lateCount++;
        for (; at > 0 && IsBefore(late, _late[at - 1]); at--)
        {
            _late[at] = _late[at - 1];
        }

        _late[at] = late;
        Ghost.LateLeft--;
    }

    public void RemoveLate(int at)
    {
        Array.Copy(_late, at + 1, _late, at, _lateCount - at - 1);
        _lateCount--;
    }

    /// <summary>The state as bytes. Returns how many.</summary>
    public int Encode(Span<byte> bytes)
    {
        MemoryMarshal.Write(bytes, Ghost);
        int length = Marshal.SizeOf<Ghost>();
        bytes[length++] = (byte)_lateCount;
        length += Copy<Proc>(Procs, bytes[length..]);
        length += Copy(Late, bytes[length..]);
        return length + Copy(Store.Blobs, bytes[length..]);
    }

    public void Decode(ReadOnlySpan<byte> bytes)
    {
        Ghost = MemoryMarshal.Read<Ghost>(bytes);
        int at = Marshal.SizeOf<Ghost>();
        _lateCount = bytes[at++];
        int procs = Procs.Length * Marshal.SizeOf<Proc>();
        MemoryMarshal.Cast<byte, Proc>(bytes.Slice(at, procs)).CopyTo(Procs);
        at += procs;
        int late = _lateCount * Marshal.SizeOf<Late>();
        MemoryMarshal.Cast<byte, Late>(bytes.Slice(at, late)).CopyTo(_late);
        at += late;
        Store.Set(MemoryMarshal.Cast<byte, Blob>(bytes[at..]));
    }

    private static bool IsBefore(Late one, Late other) =>
        (one.Kind, one.Key, one.Value).CompareTo((other.Kind, other.Key, other.Value)) < 0;

    private static int Copy<T>(ReadOnlySpan<T> from, Span<byte> to)
        where T : struct
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(from);
        bytes.CopyTo(to);
        return bytes.Length;
    }
}
