using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DurableSessions.Core.Messages;

/// <summary>
/// Reads strings in the JSON of a message: in <see cref="MessagePart.ToolInput"/>, <see cref="MessagePart.ToolOutput"/>, and parts of types
/// that this service does not know.
/// </summary>
/// <remarks>
/// A client may send valid JSON whose strings are no valid text: an escaped half of a surrogate pair (<c>\ud800</c>). The
/// methods of System.Text.Json throw <see cref="InvalidOperationException"/> for them, these do not.
/// </remarks>
public static partial class JsonStrings
{
    /// <summary>How stored lines are read.</summary>
    internal static JsonReaderOptions ReaderOptions { get; } = new() { MaxDepth = MessageLimits.MaxStoredDepth };

    /// <summary>The text of a string or of a property's name, with U+FFFD for each half of a surrogate pair.</summary>
    /// <param name="reader">Stands at the string or the name, in JSON that is in memory as a whole.</param>
    /// <exception cref="InvalidOperationException">It stands at neither.</exception>
    public static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? throw new InvalidOperationException("The reader stands at null.");
        }
        catch (InvalidOperationException) when (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
        {
            return Repair($"\"{Encoding.UTF8.GetString(reader.ValueSpan)}\"");
        }
    }

    /// <summary>Whether a property has this name, however it is spelled.</summary>
    /// <param name="reader">Stands at a property's name.</param>
    /// <param name="name">The name in UTF-8, without escapes.</param>
    public static bool IsName(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException) when (reader.TokenType == JsonTokenType.PropertyName)
        {
            return false;
        }
    }

    private static string Repair(string json)
    {
        using var repaired = JsonDocument.Parse(
            Escape().Replace(json, static escape => escape.Groups[1].Success ? @"\ufffd" : escape.Value));
        return repaired.RootElement.GetString() ?? "";
    }

    // Escapes are consumed one by one, so that the second half of a pair and "\\ud800" are not taken for a lone half.
    [GeneratedRegex(
        @"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
