using DurableSessions.Core.Recall;

namespace DurableSessions.Core.Tests.Recall;

/// <summary>What the score of a hit says.</summary>
public sealed class Bm25IndexTests
{
    /// <summary>Below it, plugins leave a hit out.</summary>
    private const double Threshold = 0.35;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2_000)]
    [InlineData(10, 1)]
    [InlineData(1_000, 1)]
    [InlineData(1_000, 2_000)]
    public void A_text_with_the_only_word_of_a_question_passes(int texts, int words)
    {
        Bm25Index index = Index(texts);
        index.Set("it", "kettle " + string.Join(' ', Enumerable.Repeat("filler", words)));
        Assert.InRange(Assert.Single(index.Search("Where is the kettle?")).Score, Threshold, 1);
    }

    [Fact]
    public void A_word_that_each_text_has_passes_where_it_is_all_that_is_asked()
    {
        var index = new Bm25Index();
        for (int i = 0; i < 100; i++)
        {
            index.Set($"{i}", $"tea of day {i}");
        }

        IReadOnlyList<(string Id, double Score)> hits = index.Search("tea");
        Assert.Equal(100, hits.Count);
        Assert.All(hits, static h => Assert.InRange(h.Score, Threshold, 1));
    }

    [Fact]
    public void A_common_word_of_a_question_alone_does_not_pass_beside_a_rare_one()
    {
        Bm25Index index = Index(1_000);
        index.Set("kettle", "a kettle");
        IReadOnlyList<(string Id, double Score)> hits = index.Search("kettle text");
        Assert.Equal("kettle", hits[0].Id);
        Assert.InRange(hits[0].Score, Threshold, 1);
        Assert.All(hits.Skip(1), static h => Assert.InRange(h.Score, 0, Threshold));
    }

    [Fact]
    public void Words_of_a_long_question_that_come_nowhere_take_nothing_from_a_hit()
    {
        Bm25Index index = Index(100);
        index.Set("kettle", "a green kettle");
        double asked = index.Search("green kettle")[0].Score;
        string prompt = string.Join(' ', Enumerable.Range(0, 5_000).Select(static i => $"word{i}"));
        Assert.Equal(asked, index.Search($"{prompt} green kettle")[0].Score);
        Assert.InRange(asked, index.Search("kettle")[0].Score + 0.1, 1);
    }

    [Fact]
    public void Words_that_any_question_has_find_nothing_beside_others()
    {
        var index = new Bm25Index();
        index.Set("en", "what the user would like to do with you");
        index.Set("zh", "这个是我们的");
        Assert.Empty(index.Search("What would you do with the kettle?"));
        Assert.Empty(index.Search("水壶是什么"));

        // Where a question has no others they are looked for.
        Assert.Equal("en", Assert.Single(index.Search("what would you")).Id);
    }

    [Fact]
    public void No_hit_has_more_than_one_before_it()
    {
        var index = new Bm25Index();
        index.Set("often", string.Join(' ', Enumerable.Repeat("kettle", 50)));
        index.Set("both", "kettle and tea " + string.Join(' ', Enumerable.Repeat("filler", 500)));
        index.Set("tea", "tea tea");
        IReadOnlyList<(string Id, double Score)> hits = index.Search("kettle tea");
        Assert.Equal(3, hits.Count);
        Assert.Equal(hits.Select(static h => h.Score).OrderDescending(), hits.Select(static h => h.Score));
    }

    [Fact]
    public void A_long_text_with_the_rarest_word_passes_behind_a_short_one()
    {
        var index = new Bm25Index();
        for (int i = 0; i < 90; i++)
        {
            index.Set($"{i}", string.Join(' ', Enumerable.Repeat("filler", 40)));
        }

        for (int i = 90; i < 101; i++)
        {
            index.Set($"{i}", $"tea tea tea {i}");
        }

        index.Set("long", "kettle " + string.Join(' ', Enumerable.Repeat("filler", 400)));
        IReadOnlyList<(string Id, double Score)> hits = index.Search("kettle tea");
        Assert.NotEqual("long", hits[0].Id);
        Assert.All(hits.TakeWhile(static h => h.Id != "long"), static h => Assert.InRange(h.Score, Threshold, 1));
        Assert.InRange(hits.Single(static h => h.Id == "long").Score, Threshold, 1);
    }

    private static Bm25Index Index(int texts)
    {
        var index = new Bm25Index();
        for (int i = 0; i < texts; i++)
        {
            index.Set($"{i}", $"another text of number {i}");
        }

        return index;
    }
}
