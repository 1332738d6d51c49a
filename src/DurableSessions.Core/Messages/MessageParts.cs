using System.Collections;

namespace DurableSessions.Core.Messages;

/// <summary>
/// The parts of a message, in order, read from its line one at a time: however many there are, reading them takes the memory of one.
/// </summary>
/// <remarks>Each enumeration reads the line again; the part at an index is found by reading those before it.</remarks>
public sealed class MessageParts : IReadOnlyList<MessagePart>
{
    private readonly ReadOnlyMemory<byte> _array;
    private int? _count;

    /// <param name="array">A JSON array, valid, in UTF-8.</param>
    internal MessageParts(ReadOnlyMemory<byte> array) => _array = array;

    /// <inheritdoc/>
    public int Count => _count ??= CountAll();

    /// <inheritdoc/>
    public MessagePart this[int index] => index >= 0 ? this.ElementAt(index) : throw new ArgumentOutOfRangeException(nameof(index));

    /// <inheritdoc/>
    public IEnumerator<MessagePart> GetEnumerator()
    {
        // Between the parts of a valid array there are commas and white space alone.
        int at = _array.Span.IndexOf((byte)'[') + 1;
        while (true)
        {
            at += _array.Span[at..].IndexOfAnyExcept(" \t\r\n,"u8);
            if (_array.Span[at] == (byte)']')
            {
                yield break;
            }

            var part = new MessagePart(_array[at..]);
            at += part.Utf8.Length;
            yield return part;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int CountAll()
    {
        int count = 0;
        foreach (MessagePart _ in this)
        {
            count++;
        }

        return count;
    }
}
