namespace DurableSessions.Testing;

/// <summary>A block blob or an append blob.</summary>
internal sealed class SimulatedBlob
{
    private readonly List<(string Id, byte[] Bytes)> _blocks = [];

    public required bool IsAppendBlob { get; init; }

    /// <summary>Whether it can be read: false where a name has staged blocks alone.</summary>
    public bool IsCommitted { get; init; } = true;

    public required Stamp Stamp { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string ContentType { get; init; }

    /// <summary>Names keep their case.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; set; }

    public bool IsSealed { get; set; }

    public int BlockCount => _blocks.Count;

    /// <summary>In bytes.</summary>
    public long Length { get; private set; }

    public string Type => IsAppendBlob ? "AppendBlob" : "BlockBlob";

    /// <summary>Adds a block; the bytes are never changed.</summary>
    /// <param name="id">Of a block that was staged; empty for others.</param>
    /// <param name="bytes">Its content.</param>
    public void Add(string id, byte[] bytes)
    {
        _blocks.Add((id, bytes));
        Length += bytes.Length;
    }

    /// <summary>The block that was committed under an id.</summary>
    public byte[]? Block(string id) => _blocks.Find(block => block.Id == id).Bytes;

    /// <summary>The blob as it is now; what is done to one is not done to the other.</summary>
    public SimulatedBlob Copy()
    {
        var copy = new SimulatedBlob
        {
            IsAppendBlob = IsAppendBlob,
            IsCommitted = IsCommitted,
            Stamp = Stamp,
            CreatedAt = CreatedAt,
            ContentType = ContentType,
            Metadata = Metadata,
            IsSealed = IsSealed,
            Length = Length,
        };
        copy._blocks.AddRange(_blocks);
        return copy;
    }

    /// <summary>A copy of a part.</summary>
    /// <param name="start">From 0 to the length.</param>
    /// <param name="count">Bytes, of which all are there.</param>
    public byte[] Read(long start, long count)
    {
        byte[] part = new byte[count];
        long offset = 0;
        foreach ((_, byte[] bytes) in _blocks)
        {
            long from = Math.Max(start, offset);
            long to = Math.Min(start + count, offset + bytes.Length);
            if (from < to)
            {
                bytes.AsSpan((int)(from - offset), (int)(to - from)).CopyTo(part.AsSpan((int)(from - start)));
            }

            offset += bytes.Length;
        }

        return part;
    }
}
