using System.Runtime.CompilerServices;

namespace DurableSessions.Fuzzing;

/// <summary>What a target asserts.</summary>
internal static class Expect
{
    public static void That(bool condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        if (!condition)
        {
            throw new UnexpectedException($"Does not hold: {what}");
        }
    }

    public static void Same<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string? what = null)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new UnexpectedException($"{what} is <{actual}>, expected <{expected}>");
        }
    }

    public static void SameBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (!expected.SequenceEqual(actual))
        {
            throw new UnexpectedException(
                $"{what} is <{Convert.ToHexString(actual)}>, expected <{Convert.ToHexString(expected)}>");
        }
    }
}
