using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Messages;

/// <summary>
/// The 128 bits of a message id. A random one (UUID version 4, RFC 9562) is never looked for again; a derived one (version 8, the
/// one left to applications) is, with nothing stored beside the message.
/// </summary>
/// <remarks>
/// <para>Derived from an idempotency key, it carries in its high half what the key and the message's place in the request hash to,
/// and in its low half what the whole request hashes to: a repeated request finds its messages by the high half, and the low half
/// tells whether it is the same request.</para>
/// <para>Derived from a message that its client has named, it has 92 bits of the hash of the whole message and 30 random ones: what comes
/// again after its time is another message. Derived from what a message says, the high half is its hash; the low half has the second it was
/// accepted in, by the accepting host's clock, and 30 random bits: what is said again and meant again is another message.</para>
/// </remarks>
/// <param name="High">The first 64 bits; 60 of them are free.</param>
/// <param name="Low">The last 64 bits; 62 of them are free.</param>
internal readonly record struct MessageId(ulong High, ulong Low)
{
    private const string Prefix = "msg_";
    private const ulong VersionMask = 0xF000;
    private const ulong VariantMask = 0xC000_0000_0000_0000;
    private const int RandomBits = 30;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Whether it is derived, and so is looked for again.</summary>
    public bool IsKeyed => (High & VersionMask) == 0x8000;

    public static MessageId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return Make(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), version: 4);
    }

    /// <summary>The id of message <paramref name="index"/> of the request that carries this key.</summary>
    public static MessageId FromKey(IdempotencyKey idempotencyKey, int index)
    {
        byte[] key = SHA256.HashData(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"message {index} {idempotencyKey.Value}")));
        return Make(
            BinaryPrimitives.ReadUInt64BigEndian(key), BinaryPrimitives.ReadUInt64BigEndian(idempotencyKey.RequestHashBytes), version: 8);
    }

    /// <summary>The id of a message that its client has named.</summary>
    /// <param name="message">SHA-256 of the whole message, its name included.</param>
    /// <param name="index">How many of the same request before it are the same.</param>
    public static MessageId FromName(ReadOnlySpan<byte> message, int index)
    {
        byte[] hash = Hash("named", message, index);
        return Derive(hash, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(8)));
    }

    /// <summary>The id of a message that is known by what it says, and when.</summary>
    /// <param name="message">SHA-256 of the whole message.</param>
    /// <param name="index">How many of the same request before it are the same.</param>
    /// <param name="now">When it is accepted; whole seconds are kept.</param>
    public static MessageId FromContent(ReadOnlySpan<byte> message, int index, DateTimeOffset now)
    {
        byte[] hash = Hash("said", message, index);
        return Derive(hash, (uint)now.ToUnixTimeSeconds());
    }

    /// <summary>Whether both stand for the same message, made by <see cref="FromName"/>.</summary>
    public bool IsSameAs(MessageId other) => High == other.High && Known == other.Known;

    /// <summary>
    /// How much later than another one made by <see cref="FromContent"/> this one was accepted; negative where it was earlier.
    /// </summary>
    public TimeSpan SecondsSince(MessageId other) => TimeSpan.FromSeconds((long)Known - other.Known);

    // The part of the low half that is not random.
    private uint Known => (uint)((Low & ~VariantMask) >> RandomBits);

    public static bool TryParse(string text, out MessageId id)
    {
        id = default;

        // The parsers of numbers take characters behind the digits where all of these are NUL.
        if (text.Length != Prefix.Length + 32 || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.AsSpan(Prefix.Length).ContainsAnyExcept(s_digits)
            || !ulong.TryParse(text.AsSpan(4, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)
            || !ulong.TryParse(text.AsSpan(20, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low))
        {
            return false;
        }

        id = new MessageId(high, low);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{High:x16}{Low:x16}");

    private static MessageId Derive(byte[] hash, uint known) => Make(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        ((ulong)known << RandomBits) | (uint)RandomNumberGenerator.GetInt32(1 << RandomBits),
        version: 8);

    private static byte[] Hash(string purpose, ReadOnlySpan<byte> message, int index) => SHA256.HashData(
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{purpose} {index} ")), .. message]);

    private static MessageId Make(ulong high, ulong low, ulong version) =>
        new((high & ~VersionMask) | (version << 12), (low & ~VariantMask) | 0x8000_0000_0000_0000);
}
