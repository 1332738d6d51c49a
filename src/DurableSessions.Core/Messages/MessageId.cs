using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DurableSessions.Core.Messages;

/// <summary>
/// The 128 bits of a message id. A random one (UUID version 4, RFC 9562) is never looked for again; one that derives from an
/// idempotency key (version 8, the one left to applications) carries, in its high half, what the key and the message's
/// place in the request hash to, and in its low half what the whole request hashes to. So a repeated request finds its
/// messages by the high half, and the low half tells whether it is the same request, with nothing stored beside the message.
/// </summary>
/// <param name="High">The first 64 bits; 60 of them are free.</param>
/// <param name="Low">The last 64 bits; 62 of them are free.</param>
internal readonly record struct MessageId(ulong High, ulong Low)
{
    private const string Prefix = "msg_";
    private const ulong VersionMask = 0xF000;
    private const ulong VariantMask = 0xC000_0000_0000_0000;

    /// <summary>Whether it derives from an idempotency key.</summary>
    public bool IsKeyed => (High & VersionMask) == 0x8000;

    public static MessageId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return Make(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), version: 4);
    }

    /// <summary>The id of message <paramref name="index"/> of the request that carries this key.</summary>
    public static MessageId FromKey(string idempotencyKey, int index, ReadOnlySpan<byte> requestHash)
    {
        byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"message {index} {idempotencyKey}")));
        return Make(BinaryPrimitives.ReadUInt64BigEndian(key), BinaryPrimitives.ReadUInt64BigEndian(requestHash), version: 8);
    }

    public static bool TryParse(string text, out MessageId id)
    {
        id = default;
        if (text.Length != Prefix.Length + 32 || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !ulong.TryParse(text.AsSpan(4, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)
            || !ulong.TryParse(text.AsSpan(20, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low))
        {
            return false;
        }

        id = new MessageId(high, low);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{High:x16}{Low:x16}");

    private static MessageId Make(ulong high, ulong low, ulong version) =>
        new((high & ~VersionMask) | (version << 12), (low & ~VariantMask) | 0x8000_0000_0000_0000);
}
