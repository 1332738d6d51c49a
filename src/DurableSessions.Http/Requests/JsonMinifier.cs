using System.Buffers;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Removes insignificant white space from JSON, and changes nothing else: numbers keep their spelling, strings their escapes, objects the
/// order of their fields. The result is one line.
/// </summary>
internal static class JsonMinifier
{
    private static readonly SearchValues<byte> StopOutside = SearchValues.Create(" \t\r\n\""u8);
    private static readonly SearchValues<byte> StopInString = SearchValues.Create("\"\\"u8);

    /// <summary>Minifies valid JSON.</summary>
    public static byte[] Minify(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(json.Length, 1));
        while (!json.IsEmpty)
        {
            int length = json[0] switch
            {
                (byte)'"' => StringLength(json),
                (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' => 0,
                _ => json.IndexOfAny(StopOutside) is var stop and >= 0 ? stop : json.Length,
            };
            output.Write(json[..length]);
            json = json[Math.Max(length, 1)..];
        }

        return output.WrittenSpan.ToArray();
    }

    // With both quotes.
    private static int StringLength(ReadOnlySpan<byte> json)
    {
        int at = 1;
        while (true)
        {
            at += json[at..].IndexOfAny(StopInString);
            if (json[at] == (byte)'"')
            {
                return at + 1;
            }

            at += 2;
        }
    }
}
