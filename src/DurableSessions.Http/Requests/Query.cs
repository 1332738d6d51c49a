using System.Globalization;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Requests;

/// <summary>Reads a request's query. Unknown parameters are ignored; an empty value counts as absent.</summary>
internal static class Query
{
    public static string? Text(HttpContext http, string name, int maxLength)
    {
        StringValues values = http.Request.Query[name];
        if (values.Count > 1)
        {
            throw ApiException.Invalid(Location.Query(name), "must be given once.");
        }

        string? value = values.ToString();
        return value.Length <= maxLength
            ? value.Length == 0 ? null : value
            : throw ApiException.Invalid(Location.Query(name), $"must be at most {maxLength} characters.", "string_length");
    }

    public static int Integer(HttpContext http, string name, int min, int max, int otherwise)
    {
        if (Text(http, name, int.MaxValue) is not { } text)
        {
            return otherwise;
        }

        return !EndsWithNul(text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= min && value <= max
            ? value
            : throw ApiException.Invalid(
                Location.Query(name), string.Create(CultureInfo.InvariantCulture, $"must be an integer, {min} to {max}."), "int_range");
    }

    /// <summary>A time such as <c>2026-01-31T09:00:00Z</c>; without a zone it is UTC.</summary>
    public static DateTimeOffset? Time(HttpContext http, string name) => Text(http, name, int.MaxValue) switch
    {
        null => null,
        { } text when !EndsWithNul(text) && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) => time,
        _ => throw ApiException.Invalid(Location.Query(name), "must be a time such as 2026-01-31T09:00:00Z.", "datetime_type"),
    };

    public static bool Boolean(HttpContext http, string name, bool otherwise = false) =>
        Text(http, name, int.MaxValue)?.ToLowerInvariant() switch
        {
            null => otherwise,
            "false" or "0" => false,
            "true" or "1" => true,
            _ => throw ApiException.Invalid(Location.Query(name), "must be true or false.", "bool_type"),
        };

    // The parsers of numbers and times take any number of them at the end, as if they were not there.
    private static bool EndsWithNul(string text) => text.EndsWith('\0');
}
