using System.Text;
using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>A value in the JSON of a message: where it is in the stored line. Nothing of it is decoded before it is asked for.</summary>
public readonly struct MessageValue
{
    /// <summary>A value of this JSON.</summary>
    /// <param name="utf8">One valid JSON value, without white space around it.</param>
    public MessageValue(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    /// <summary>The value's JSON in UTF-8; empty where there is no value.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>Whether it is a string.</summary>
    public bool IsString => !Utf8.IsEmpty && Utf8.Span[0] == (byte)'"';

    /// <summary>Whether there is a value, and it is not <c>null</c>.</summary>
    internal bool IsSet => !Utf8.IsEmpty && Utf8.Span[0] != (byte)'n';

    /// <summary>
    /// The text of a string, with U+FFFD for each half of a surrogate pair; of any other value its JSON. At most twice as many bytes as
    /// <see cref="Utf8"/>.
    /// </summary>
    public string Text()
    {
        if (!IsString)
        {
            return Encoding.UTF8.GetString(Utf8.Span);
        }

        var reader = new Utf8JsonReader(Utf8.Span);
        reader.Read();
        return JsonStrings.TextOf(ref reader);
    }

    /// <summary>The weight of <see cref="Text"/> in quarters of a token. The text is made only of a string with escapes.</summary>
    internal long Quarters() => !IsString ? TokenEstimate.Quarters(Utf8.Span)
        : Utf8.Span.Contains((byte)'\\') ? TokenEstimate.Quarters(Text())
        : TokenEstimate.Quarters(Utf8.Span[1..^1]);

    /// <summary>The value of the property at which <paramref name="reader"/> stands. It stands at the end of the value then.</summary>
    /// <param name="reader">Reads <paramref name="json"/> from its start.</param>
    /// <param name="json">Valid JSON.</param>
    internal static MessageValue Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new MessageValue(json[start..(int)reader.BytesConsumed]);
    }
}
