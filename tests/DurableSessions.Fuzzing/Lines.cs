using System.Text;

namespace DurableSessions.Fuzzing;

/// <summary>An input that is several texts.</summary>
internal static class Lines
{
    /// <summary>Its lines. What is not UTF-8 is U+FFFD, as in what ASP.NET Core makes of a request.</summary>
    public static string[] Of(byte[] input) => Encoding.UTF8.GetString(input).Split('\n');
}
