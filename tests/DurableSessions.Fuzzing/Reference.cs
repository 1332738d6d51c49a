using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DurableSessions.Fuzzing;

/// <summary>JSON read in the plainest way, to compare with.</summary>
internal static class Reference
{
    /// <summary>Parses with System.Text.Json alone; <see langword="null"/> where it does not accept the text.</summary>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> json, int maxDepth, bool uniqueNames)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = !uniqueNames });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The last property of this name.</summary>
    public static JsonElement? Last(JsonElement value, string name)
    {
        JsonElement? last = null;
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                if (Unescape(JsonMarshal.GetRawUtf8PropertyName(property)) == name)
                {
                    last = property.Value;
                }
            }
        }

        return last;
    }

    /// <summary>The text of a string; <see langword="null"/> for any other value.</summary>
    public static string? Text(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.String } text ? Unescape(JsonMarshal.GetRawUtf8Value(text)[1..^1]) : null;

    /// <summary>What stands between the quotes of a string, with U+FFFD for what is no text.</summary>
    public static string Unescape(ReadOnlySpan<byte> escaped)
    {
        string json = Encoding.UTF8.GetString(escaped);
        var text = new StringBuilder();
        for (int i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                text.Append(json[i]);
                continue;
            }

            i++;
            text.Append(json[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(json.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                char other => other,
            });
            i += json[i] == 'u' ? 4 : 0;
        }

        // Runes of a text have U+FFFD for each half of a surrogate pair.
        return string.Concat(text.ToString().EnumerateRunes().Select(static rune => rune.ToString()));
    }

    /// <summary>Whether two values are the same to a reader for which the last property of a name counts.</summary>
    public static bool AreSame(JsonElement one, JsonElement other)
    {
        if (one.ValueKind != other.ValueKind)
        {
            return false;
        }

        switch (one.ValueKind)
        {
            case JsonValueKind.Object:
                Dictionary<string, JsonElement> ones = Properties(one);
                Dictionary<string, JsonElement> others = Properties(other);
                return ones.Count == others.Count
                    && ones.All(pair => others.TryGetValue(pair.Key, out JsonElement value) && AreSame(pair.Value, value));
            case JsonValueKind.Array:
                return one.GetArrayLength() == other.GetArrayLength()
                    && one.EnumerateArray().Zip(other.EnumerateArray()).All(static pair => AreSame(pair.First, pair.Second));
            case JsonValueKind.String:
                return Text(one) == Text(other);
            default:
                return JsonMarshal.GetRawUtf8Value(one).SequenceEqual(JsonMarshal.GetRawUtf8Value(other));
        }
    }

    private static Dictionary<string, JsonElement> Properties(JsonElement value)
    {
        var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            properties[Unescape(JsonMarshal.GetRawUtf8PropertyName(property))] = property.Value;
        }

        return properties;
    }
}
