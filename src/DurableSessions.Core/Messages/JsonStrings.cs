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
    /// <summary>
    /// The text of a string, with U+FFFD for each half of a surrogate pair; <see langword="null"/> for a JSON <c>null</c>.
    /// </summary>
    /// <param name="value">A string or <c>null</c>.</param>
    /// <exception cref="InvalidOperationException">The value is neither a string nor <c>null</c>.</exception>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException) when (value.ValueKind == JsonValueKind.String)
        {
            return Repair(value.GetRawText());
        }
    }

    /// <summary>The name of a property; empty where the name has half of a surrogate pair.</summary>
    /// <param name="property">A property of any object.</param>
    public static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "";
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
