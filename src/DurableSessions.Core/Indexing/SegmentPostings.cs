namespace DurableSessions.Core.Indexing;

/// <summary>The messages that have a term, in their order, each with how often it has it.</summary>
/// <param name="bytes">What was read of them.</param>
/// <param name="messages">How many messages the segment has.</param>
internal ref struct SegmentPostings(ReadOnlySpan<byte> bytes, int messages)
{
    private SegmentFormat.Cursor _cursor = new(bytes);

    /// <summary>The message.</summary>
    public int Message { get; private set; } = -1;

    /// <summary>How often it has the term.</summary>
    public int Times { get; private set; }

    /// <summary>The next one; false: there is none.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public bool Next()
    {
        if (_cursor.IsAtEnd)
        {
            return false;
        }

        ulong code = _cursor.Number();
        ulong step = code >> 1;
        Message += step > 0 && step <= (ulong)(messages - 1 - Message) ? (int)step : throw SegmentFormat.Damaged("a posting");
        Times = (code & 1) == 1 ? 1 : _cursor.Number(int.MaxValue);
        return true;
    }
}
