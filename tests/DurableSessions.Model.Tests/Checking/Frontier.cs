using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>The states that are found and not expanded yet, first in, first out, as bytes in chunks.</summary>
internal sealed class Frontier
{
    private const int ChunkBytes = 1 << 20;
    private readonly Queue<(byte[] Bytes, int Length)> _full = new();
    private byte[] _writing = new byte[ChunkBytes];
    private int _written;
    private byte[] _reading = [];
    private int _readLength;
    private int _read;

    public void Add(ReadOnlySpan<byte> state)
    {
        if (_written + state.Length + sizeof(int) > ChunkBytes)
        {
            _full.Enqueue((_writing, _written));
            _writing = new byte[ChunkBytes];
            _written = 0;
        }

        MemoryMarshal.Write(_writing.AsSpan(_written), state.Length);
        state.CopyTo(_writing.AsSpan(_written + sizeof(int)));
        _written += state.Length + sizeof(int);
    }

    /// <summary>Takes the oldest state; empty where there is none. It is good until the next call.</summary>
    public ReadOnlySpan<byte> Take()
    {
        if (_read == _readLength)
        {
            if (_full.Count > 0)
            {
                (_reading, _readLength) = _full.Dequeue();
            }
            else
            {
                (_reading, _readLength) = (_writing, _written);
                _writing = new byte[ChunkBytes];
                _written = 0;
            }

            _read = 0;
            if (_readLength == 0)
            {
                return [];
            }
        }

        int length = MemoryMarshal.Read<int>(_reading.AsSpan(_read));
        ReadOnlySpan<byte> state = _reading.AsSpan(_read + sizeof(int), length);
        _read += length + sizeof(int);
        return state;
    }
}
