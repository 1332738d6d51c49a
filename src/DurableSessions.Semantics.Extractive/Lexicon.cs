namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// The phrases by which sentences are sorted. English ones are found as whole words, in lower case (with ^: only where the
/// sentence begins); Chinese and Japanese ones anywhere.
/// </summary>
internal static class Lexicon
{
    /// <summary>The most words in a phrase.</summary>
    public const int MaxWords = 4;

    private static readonly Dictionary<string, List<(Cue Cue, double Weight)>> Words = [];
    private static readonly List<(string Phrase, Cue Cue, double Weight)> Ideographs = [];

    static Lexicon()
    {
        Add(
            Cue.Request,
            1.3,
            "please|can you|could you|would you|help me|i'd like|i would like|i want|we want|i need you|we need|goal is|the task"
            + "|asks for|asks if|wants|would like|what about|how about|something else|one more thing|^next");
        Add(
            Cue.Request,
            2.3,
            "^please|^can you|^could you|i'd like to|i want to|please fix|please add|can you help|could you help|we want to"
            + "|help me plan|i'm building|we build|we're building|the goal|three things|two things");
        Add(Cue.Request, 1.5, "帮我|请你|请帮|我想|我们想|想请|需要你|要支持|希望|能不能|可不可以|してください|したい");
        Add(
            Cue.Preference,
            2.0,
            "always|never|from now on|i prefer|we prefer|prefer|house rule|house rules|remember that|remember|don't touch|do not touch"
            + "|must not|i like|i love|i hate|please don't|no need to|by default|keep answers|in future|in the future"
            + "|every time|is important|not a concern|can't stand|allergic|allergy|vegan|vegetarian|gluten|call me|no-go"
            + "|out of scope|don't drink|i don't want|we don't want|doesn't want|informal|whenever|stay out of|only ever|rule");
        Add(Cue.Preference, 1.2, "must|should be|should stay|has to be|only if|not a single|plain|in english|short|at most");
        Add(Cue.Preference, 2.0, "以后|总是|永远|不要|千万|每次|记住|偏好|喜欢|讨厌|过敏|习惯|一律|必须|默认|别再|请用|绝不|いつも|必ず");
        Add(
            Cue.Decision,
            2.0,
            "decided|decide on|decision|we'll go with|let's go with|go with|went with|settled on|settled|agreed|agreed to|agreed that"
            + "|approved|changed my mind|chosen|we chose|choose|let's do|let's use|let's take|let's stay|let's keep|let's drop|we use"
            + "|we drop|stick with|stay with|instead of|rather than|no longer|take option|it is|in the end|after all|final|move to"
            + "|move the|moved to|we move|we stay|switch to|switched to|replaced by|we keep|forget it|dropped|rule");
        Add(
            Cue.Decision,
            1.2,
            "let's|do that|instead|keep it|leave it|^take|^use|^drop|^keep|^move|^then|^set|^no|stays|stay|put it|go ahead|fine"
            + "|for now|do it|not this week|will be|only the|plan is|the plan|enough|i'd rather|has to be|we do|goes to|must be");
        Add(Cue.Decision, 2.2, "决定|改用|就用|采用|确定|定在|定了|选择|放弃|换成|继续用|不换|统一|改成|不用|先这样|同意|批准|就这样|に決め|にしました");
        Add(Cue.Done, 2.1, "root cause|real bug|the cause|caused by|crash|crashes|error|gives me this|out of memory|data loss");
        Add(
            Cue.Done,
            1.7,
            "added|fixed|implemented|created|renamed|merged|deployed|released|shipped|finished|completed|restored|removed"
            + "|wrote|i wrote|written|ported|changed|updated|tests pass|all tests|passes|passed|works now|documented|failed|fails|fail"
            + "|broke|broken|bug|gives up|measured|reserved|ordered|booked|sent|paid|was missing|wrong|turned out|compared|rehearsed"
            + "|simulated|approved|answered");
        Add(
            Cue.Done,
            1.0,
            "done|because|is in|works|is now|now uses|are now|found|covers|has been|have been|brings it|down to|went through|tested"
            + "|tried|gone|confirmed|tickets");
        Add(Cue.Done, 1.7, "已经|完成|修好|修复|加了|通过|上线了|合并|原因是|是因为|报错|失败|错误|补了|改了|解决|しました|修正");
        Add(
            Cue.Open,
            2.4,
            "todo|to do|to-do|next step|next steps|remaining|remains|still need|still needs|still have to|still has to|still to do"
            + "|still open|open for|open then|leave that open|not yet|haven't|hasn't|pending|blocked|waiting for|to be decided|undecided"
            + "|open question|unclear|don't know yet|don't know if|don't know whether|not sure|follow up|remind me|left on|is left"
            + "|what's missing|is missing|are missing|later when|on the list|on your list|to-do list|put it on"
            + "|decide after|decide later|need to ask|i have to ask|i'll ask|let me confirm|let me check|needs to fill|has to switch"
            + "|due by|best by|deadline|can block|could block|depends on|until they|before the rollout|before rollout"
            + "|need to decide|keep an eye|i'll call|i'll order|call back");
        Add(Cue.Open, 1.1, "need to|needs to|couldn't|could not|tomorrow|tonight|waiting|noted for|^ask");
        Add(Cue.Open, 2.4, "待办|还没|下一步|还需要|剩下|待定|尚未|没定|未定|回头|提醒我|等|确认一下|要问|还要|以后再|再决定|未完成|まだ|残り|要看");
        Add(
            Cue.Fact,
            1.0,
            "is called|my name|i'm|i am|lives|live|works as|works at|works for|owns|leads|is our|is the|runs on|is on|there is"
            + "|there are|we have|has|costs|pays"
            + "|per|about|limit|budget|version|at most|peak|responsible|my brother|my sister|my mother|my wife|my husband|named");
        Add(Cue.Fact, 1.0, "我是|我叫|叫|负责|数据库是|是|在|有|名字");
        Add(
            Cue.Unsure,
            1,
            "don't know|not sure|no idea|unclear|need to ask|have to ask|i'll ask|need to check|have to check|let me check"
            + "|let me confirm|let me ask|can't say|open|depends|maybe|undecided|later|not this week|not this month|not today|not yet"
            + "|next week|next month");
        Add(Cue.Unsure, 1, "不知道|不确定|不清楚|待定|没定|问一下|再看|再说");
        Add(
            Cue.Reversal,
            1,
            "instead|instead of|rather than|no longer|changed my mind|after all|not any more|any more|revert|reverted|restored|scrap"
            + "|dropped|we drop|switch to|switched to|moved to|changed|replaced|drop the idea|wants|forget it|actually");
        Add(Cue.Reversal, 1, "改用|改成|不再|换成|不用|放弃|取消");
        Add(
            Cue.Filler,
            1,
            "happy to help|let me know|you're welcome|sounds good|hope this helps|glad to hear|good luck|have a nice|have a good"
            + "|have a great|see you|talk to you|i'll take a look|i'll look at|let me look|looking at|i'll start by|let me start"
            + "|congratulations|here is what|here is the|here it is|looks right|good question|that makes sense|thanks for|enjoy the"
            + "|good catch|shall i go on|there you go|tell me|call it a day|happy for you|proud of you|can't wait|sounds great"
            + "|sounds perfect|sounds wonderful|sounds lovely|big hug|big hugs|take care|take your time|have fun|fingers crossed"
            + "|sorry to hear|so sorry|no worries|you're the best|i'm thrilled|well done|keep going|sending love|lucky you|love it"
            + "|i mean it|you deserve|good for you|good to hear|great to hear|nice work|great work|nice catch|you're so|haha|lol");
        Add(
            Cue.Problem,
            1,
            "fails|fail|failing|failed|broken|crashes|crashed|crash|hangs|doesn't work|does not work|not working|gives me|error|errors"
            + "|out of memory|too slow|there is a bug|a bug|stays cold|leaks|stolen|missing|is lost|was lost");
        Add(Cue.Problem, 1, "失败|报错|错误|有个问题|有一个问题|打不开|坏了|不能用");
        Add(
            Cue.Fixed,
            1,
            "passes|passed|pass|fixed|fixes|works now|work now|is gone|solved|resolved|repaired|runs again|works again|is back|merged"
            + "|closed|is done|can be closed|released|finished|completed|no longer");
        Add(Cue.Fixed, 1, "通过|修好|修复|解决|好了|能用了|完成|合并|上线了");
        Add(Cue.Filler, 1, "不客气|辛苦了|明天见|谢谢|你好|太好了|再见|加油|没问题|お疲れ|ありがとう");
    }

    private static readonly Dictionary<string, List<(Cue Cue, double Weight)>>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What a phrase in lower case, its words parted by single spaces, is a cue for.</summary>
    public static IReadOnlyList<(Cue Cue, double Weight)> Find(ReadOnlySpan<char> phrase) =>
        Lookup.TryGetValue(phrase, out var cues) ? cues : [];

    /// <summary>The phrases of scripts without spaces.</summary>
    public static IReadOnlyList<(string Phrase, Cue Cue, double Weight)> IdeographicPhrases => Ideographs;

    private static void Add(Cue cue, double weight, string phrases)
    {
        foreach (string phrase in phrases.Split('|'))
        {
            if (Scripts.HasIdeographs(phrase))
            {
                Ideographs.Add((phrase, cue, weight));
            }
            else if (Words.TryGetValue(phrase, out List<(Cue, double)>? cues))
            {
                cues.Add((cue, weight));
            }
            else
            {
                Words[phrase] = [(cue, weight)];
            }
        }
    }
}
