using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>
/// A value in a request's body, and its path. Reading it as another type ends the request with an error that names the field; values are
/// never converted.
/// </summary>
/// <param name="Value">The value; undefined where the field is absent.</param>
/// <param name="At">The path of the field.</param>
internal readonly record struct JsonField(JsonElement Value, Location At)
{
    /// <summary>Whether the field is present and not <c>null</c>.</summary>
    public bool IsSet => Value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>Whether the field is present; it may be <c>null</c>.</summary>
    public bool IsGiven => Value.ValueKind != JsonValueKind.Undefined;

    /// <summary>The value as the client sent it, in UTF-8.</summary>
    public ReadOnlySpan<byte> Raw => JsonMarshal.GetRawUtf8Value(Value);

    /// <summary>A field of this object.</summary>
    public JsonField this[string name] =>
        new(Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(name, out JsonElement value) ? value : default, At.At(name));

    public ApiException Invalid(string message, string type = "value_error") => ApiException.Invalid(At, message, type);

    public JsonField Object() => Value.ValueKind == JsonValueKind.Object ? this : throw Wrong("an object", "dict_type");

    /// <summary>Requires a string, without copying it.</summary>
    public JsonField RequireText() => Value.ValueKind == JsonValueKind.String ? this : throw Wrong("a string", "string_type");

    public string Text() => RequireText().Value.GetString()!;

    /// <summary>A name or a label: 1 to <paramref name="maxLength"/> characters, none of them a control character.</summary>
    public string Label(int maxLength)
    {
        string text = Text();
        return text.Length > 0 && text.Length <= maxLength && !text.Any(char.IsControl)
            ? text
            : throw Invalid($"must be 1 to {maxLength} characters, without control characters.", "string_length");
    }

    public bool Boolean() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false", "bool_type"),
    };

    /// <summary>An integer, written as one: neither <c>3.0</c> nor <c>"3"</c>.</summary>
    public BigInteger Integer() =>
        Value.ValueKind == JsonValueKind.Number && Raw is { Length: <= 400 }
            && BigInteger.TryParse(Value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? value
            : throw Wrong("an integer", "int_type");

    /// <summary>An integer within bounds.</summary>
    public T Integer<T>(T min, T max)
        where T : IBinaryInteger<T> =>
        Integer() is var value && value >= BigInteger.CreateChecked(min) && value <= BigInteger.CreateChecked(max)
            ? T.CreateChecked(value)
            : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}."), "int_range");

    /// <summary>A number of at least <paramref name="min"/>; above <paramref name="max"/> it is read as <paramref name="max"/>.</summary>
    public double Number(double min, double max) => RequireNumber().Value.TryGetDouble(out double value) && value >= min
        ? Math.Min(value, max)
        : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"must be at least {min}."), "greater_than_equal");

    public JsonField RequireNumber() => Value.ValueKind == JsonValueKind.Number ? this : throw Wrong("a number", "float_type");

    /// <summary>The items of an array; at most <paramref name="max"/>.</summary>
    public JsonField[] Items(int max = int.MaxValue)
    {
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("an array", "list_type");
        }

        if (Value.GetArrayLength() > max)
        {
            throw Invalid($"must hold at most {max} items.", "too_long");
        }

        Location at = At;
        return [.. Value.EnumerateArray().Select((item, i) => new JsonField(item, at.At(i.ToString(CultureInfo.InvariantCulture))))];
    }

    /// <summary>Requires an object that has no other fields than these.</summary>
    public JsonField Strict(params string[] names)
    {
        foreach (JsonProperty property in Object().Value.EnumerateObject())
        {
            if (!names.Contains(property.Name, StringComparer.Ordinal))
            {
                throw this[property.Name].Invalid($"is not known; there are {string.Join(", ", names)}.", "extra_forbidden");
            }
        }

        return this;
    }

    private ApiException Wrong(string expected, string type) =>
        IsGiven ? Invalid($"must be {expected}.", type) : Invalid($"is required, as {expected}.", "missing");
}
