using System.Buffers.Binary;
using System.Text;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// The layout of a segment: postings of each term; the dictionary, in blocks of sorted terms; rows and lengths of the messages; kinds (role
/// and peer); archives; the first term of each block; a footer of fixed length with where each of these lies and their checksums.
/// Numbers are little-endian, or varints of seven bits each, the lowest first.
/// </summary>
internal static class SegmentFormat
{
    /// <summary>What begins the footer: "DSIX" and the version.</summary>
    public const ulong Magic = 0x0001_5849_5344;

    /// <summary>Terms in a block of the dictionary.</summary>
    public const int BlockTerms = 64;

    /// <summary>Time, offset, length and kind of a message.</summary>
    public const int RowBytes = 8 + 4 + 4 + 4;

    /// <summary>The terms of a message, up to <see cref="ushort.MaxValue"/>.</summary>
    public const int LengthBytes = 2;

    /// <summary>The sections, in their order.</summary>
    public const int Sections = 7;

    /// <summary>Magic, counts of messages and terms, terms of all messages, and of each section its length and checksum.</summary>
    public const int FooterBytes = 8 + 4 + 4 + 8 + (Sections * 16) + 8;

    public const int Postings = 0;
    public const int Dictionary = 1;
    public const int Rows = 2;
    public const int Lengths = 3;
    public const int Kinds = 4;
    public const int Archives = 5;
    public const int Blocks = 6;

    /// <summary>Bytes of a term at most: 64 characters of a script.</summary>
    public const int MaxTermBytes = 512;

    public static void Write(Stream output, ulong value)
    {
        while (value >= 0x80)
        {
            output.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        output.WriteByte((byte)value);
    }

    public static void Write(Stream output, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    public static void Write(Stream output, SegmentArchive archive, int messages)
    {
        Write(output, archive.SessionId);
        Write(output, archive.Incarnation);
        Write(output, archive.CommitId.Value);
        Write(output, (ulong)archive.Attempt);
        Write(output, (ulong)archive.Number);
        Write(output, (ulong)archive.Part);
        Write(output, (ulong)messages);
    }

    public static void WriteRow(Span<byte> row, DateTimeOffset createdAt, uint offset, uint length, int kind)
    {
        BinaryPrimitives.WriteInt64LittleEndian(row, createdAt.UtcTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(row[8..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(row[12..], length);
        BinaryPrimitives.WriteInt32LittleEndian(row[16..], kind);
    }

    /// <summary>Reads what was written, and nothing beyond it.</summary>
    internal ref struct Cursor(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;

        public readonly bool IsAtEnd => _left.IsEmpty;

        public ulong Number()
        {
            // Most are short.
            if (!_left.IsEmpty && _left[0] < 0x80)
            {
                ulong only = _left[0];
                _left = _left[1..];
                return only;
            }

            ulong value = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                if (_left.IsEmpty)
                {
                    break;
                }

                byte next = _left[0];
                _left = _left[1..];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw Damaged("a number");
        }

        /// <summary>A number of which not more than that is meant.</summary>
        public int Number(int most)
        {
            ulong value = Number();
            return value <= (ulong)most ? (int)value : throw Damaged("a number");
        }

        public ReadOnlySpan<byte> Bytes(int length)
        {
            if (length > _left.Length)
            {
                throw Damaged("a length");
            }

            ReadOnlySpan<byte> bytes = _left[..length];
            _left = _left[length..];
            return bytes;
        }

        public string Text() => Encoding.UTF8.GetString(Bytes(Number(int.MaxValue)));

        public (SegmentArchive Archive, int Messages) Archive()
        {
            var archive = new SegmentArchive(
                Text(), Text(), new CommitId(Text()), Number(int.MaxValue), Number(int.MaxValue), Number(int.MaxValue));
            return (archive, Number(int.MaxValue));
        }
    }

    public static FormatException Damaged(string what) => new($"A segment of the index is damaged: {what}.");
}
