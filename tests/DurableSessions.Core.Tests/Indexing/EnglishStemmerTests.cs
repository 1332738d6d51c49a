using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Tests.Indexing;

public sealed class EnglishStemmerTests
{
    /// <summary>Words whose stems the description of the algorithm gives, and some of each of its rules.</summary>
    [Theory]
    [InlineData("consign consigned consigning consignment", "consign")]
    [InlineData("consist consisted consistency consistent consistently consisting consists", "consist")]
    [InlineData("consolation consolations console consoled consoles consoling consolingly consols", "consol")]
    [InlineData("consolidate consolidated consolidating", "consolid")]
    [InlineData("consolatory", "consolatori")]
    [InlineData("conspicuous conspicuously", "conspicu")]
    [InlineData("conspirator conspirators conspire", "conspir")]
    [InlineData("constance constancy", "constanc")]
    [InlineData("knack knacks", "knack")]
    [InlineData("knackeries", "knackeri")]
    [InlineData("knee knees", "knee")]
    [InlineData("kneel kneeled kneeling kneels", "kneel")]
    [InlineData("knightly knights", "knight")]
    [InlineData("knit knits knitted knitting", "knit")]
    [InlineData("knives", "knive")]
    [InlineData("knocker knockers", "knocker")]
    [InlineData("generate generates generated generating", "generat")]
    [InlineData("general generally", "general")]
    [InlineData("generic generically", "generic")]
    [InlineData("generous generously", "generous")]
    [InlineData("commit commits committed committing", "commit")]
    [InlineData("hopping hopped hop", "hop")]
    [InlineData("hoping hoped hope", "hope")]
    [InlineData("luxuriated luxuriating", "luxuri")]
    [InlineData("ties tie", "tie")]
    [InlineData("cries cried cry", "cri")]
    [InlineData("by", "by")]
    [InlineData("say", "say")]
    [InlineData("gas this kiwis gaps", "gas this kiwi gap")]
    [InlineData("dying skies news inning proceed", "die sky news inning proceed")]
    [InlineData("relational conditional rationally", "relat condit ration")]
    [InlineData("hopefulness triplicate electrical goodness", "hope triplic electr good")]
    [InlineData("adjustment replacement adoption communism", "adjust replac adopt communism")]
    [InlineData("controlling rolled cease rate", "control roll ceas rate")]
    [InlineData("yes youth enjoy boyish", "yes youth enjoy boyish")]
    public void Of_words(string words, string stems)
    {
        string[] expected = stems.Split(' ');
        string[] found = [.. words.Split(' ').Select(EnglishStemmer.Stem)];
        Assert.Equal(expected.Length == 1 ? [.. found.Select(_ => expected[0])] : expected, found);
    }

    [Theory]
    [InlineData("v2ing")]
    [InlineData("straße")]
    [InlineData("ab")]
    [InlineData("消息")]
    public void Of_other_words_is_the_word(string word) => Assert.Equal(word, EnglishStemmer.Stem(word));
}
