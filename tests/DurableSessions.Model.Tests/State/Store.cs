namespace DurableSessions.Model.Tests.State;

/// <summary>The blobs, sorted by name. Each method is one request, carried out at once.</summary>
internal sealed class Store
{
    /// <summary>No append is taken any more.</summary>
    public const int Sealed = 1;

    /// <summary>A late copy of its creation made it again: its ETag is another than that of the creation.</summary>
    public const int CameBack = 2;

    /// <summary>What an append is answered.</summary>
    public enum Answer
    {
        Stored,
        ConditionNotMet,
        IsSealed,
        NotFound,
    }

    private const int Capacity = 48;
    private readonly Blob[] _blobs = new Blob[Capacity];
    private int _count;

    public ReadOnlySpan<Blob> Blobs => _blobs.AsSpan(0, _count);

    public void CopyFrom(Store other) => Set(other.Blobs);

    public void Set(ReadOnlySpan<Blob> blobs)
    {
        blobs.CopyTo(_blobs);
        _count = blobs.Length;
    }

    public bool Has(int key) => Find(key) >= 0;

    /// <summary>Where a blob stands in the list; negative: it is not there.</summary>
    public int Find(int key)
    {
        int low = 0;
        int high = _count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (_blobs[middle].Key == key)
            {
                return middle;
            }

            if (_blobs[middle].Key < key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    public bool TryGet(int key, out Blob blob)
    {
        int at = Find(key);
        blob = at < 0 ? default : _blobs[at];
        return at >= 0;
    }

    /// <summary>Writes a blob, with <c>If-None-Match: *</c>. False: there is one already, which stands.</summary>
    public bool TryCreate(int key, int flags, ulong value)
    {
        int at = Find(key);
        if (at >= 0)
        {
            return false;
        }

        at = ~at;
        Array.Copy(_blobs, at, _blobs, at + 1, _count - at);
        _blobs[at] = new Blob(key, flags, value);
        _count++;
        return true;
    }

    /// <summary>Writes a blob over the one there is, or anew.</summary>
    public void Write(int key, int flags, ulong value)
    {
        int at = Find(key);
        if (at >= 0)
        {
            _blobs[at] = new Blob(key, flags, value);
        }
        else
        {
            TryCreate(key, flags, value);
        }
    }

    public void Delete(int key)
    {
        int at = Find(key);
        if (at >= 0)
        {
            Array.Copy(_blobs, at + 1, _blobs, at, _count - at - 1);
            _count--;
        }
    }

    /// <summary>Seals a segment. False: it is gone.</summary>
    public bool TrySeal(int key)
    {
        int at = Find(key);
        if (at >= 0)
        {
            _blobs[at] = _blobs[at] with { Flags = _blobs[at].Flags | Sealed };
        }

        return at >= 0;
    }

    /// <summary>Appends a message at a position; at the first one, only to the segment as created, not to one that came back.</summary>
    public Answer Append(int key, int position, int message, Safeguards without)
    {
        int at = Find(key);
        if (at < 0)
        {
            return Answer.NotFound;
        }

        Blob blob = _blobs[at];
        if ((blob.Flags & Sealed) != 0)
        {
            return Answer.IsSealed;
        }

        if ((Messages.Count(blob.Value) != position && (without & Safeguards.AppendPosition) == 0)
            || (position == 0 && (blob.Flags & CameBack) != 0 && (without & Safeguards.CreationETag) == 0))
        {
            return Answer.ConditionNotMet;
        }

        _blobs[at] = blob with { Value = Messages.Add(blob.Value, message) };
        return Answer.Stored;
    }
}
