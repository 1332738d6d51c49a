using System.Text.Json;
using System.Text.RegularExpressions;

namespace DurableSessions.Core.Messages;

/// <summary>
/// Reads JSON strings that are valid JSON and no valid text: an escaped half of a surrogate pair (<c>\ud800</c>), which
/// System.Text.Json refuses to decode, is read as U+FFFD.
/// </summary>
internal static partial class JsonText
{
    /// <summary>The text of a string; <see langword="null"/> for <c>null</c>.</summary>
    public static string? Of(JsonElement value)
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

    /// <summary>The name of a property.</summary>
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
        using var repaired = JsonDocument.Parse(Escape().Replace(json, static escape => escape.Groups[1].Success ? @"\ufffd" : escape.Value));
        return repaired.RootElement.GetString() ?? "";
    }

    // Escapes are consumed one by one, so that the second half of a pair and "\\ud800" are not taken for a lone half.
    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
