using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Tests.Messages;

public sealed class ExcerptTests
{
    private const string Text = "a😀bc😀😀d😀ef";

    [Fact]
    public void No_piece_is_longer_than_asked_or_has_half_of_a_pair()
    {
        for (int length = 0; length <= Text.Length + 1; length++)
        {
            for (int place = 0; place < Text.Length; place++)
            {
                for (int before = 0; before <= length; before++)
                {
                    string piece = Excerpt.Around(Text, place, before, length);
                    Assert.InRange(piece.Length, Math.Min(Text.Length, Math.Max(0, length - 2)), length);
                    Assert.Contains(piece, Text, StringComparison.Ordinal);
                    Assert.DoesNotContain(Rune.ReplacementChar, piece.EnumerateRunes());
                }
            }
        }
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "a")]
    [InlineData(3, "a😀")]
    [InlineData(14, Text)]
    public void A_beginning_ends_before_a_pair_that_does_not_fit(int length, string expected) =>
        Assert.Equal(expected, Excerpt.Beginning(Text, length));

    [Fact]
    public void A_piece_is_around_its_place() => Assert.Equal("23456", Excerpt.Around("0123456789", place: 4, before: 2, length: 5));
}
