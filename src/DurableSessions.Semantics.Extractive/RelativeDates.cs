using System.Globalization;
using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Says which day a sentence means by "yesterday", "last Friday" or "next month": the day follows in brackets. A weekday alone is resolved
/// only where the sentence says whether it lies behind or ahead.
/// </summary>
internal static partial class RelativeDates
{
    // Of a first or last year, days before or after it cannot be written.
    private const int MinYear = 1000;
    private const int MaxYear = 9000;
    private const int MaxCount = 400;

    private static readonly string[] Numbers =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    private static readonly string[] Weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    /// <summary>The sentence with the days that it means, as seen from the day on which it was said.</summary>
    public static string Resolve(string sentence, DateOnly? said)
    {
        if (said is not { Year: > MinYear and < MaxYear } day)
        {
            return sentence;
        }

        string text = English().Replace(
            sentence, match => Of(match, sentence, day) is { } means ? $"{match.Value} ({means})" : match.Value);
        return Scripts.HasIdeographs(text)
            ? Chinese().Replace(text, match => OfChinese(match, day) is { } means ? $"{match.Value}({means})" : match.Value)
            : text;
    }

    /// <summary>The sentence without what <see cref="Resolve"/> added.</summary>
    public static string Without(string sentence) =>
        sentence.Contains('(', StringComparison.Ordinal) ? Resolved().Replace(sentence, "") : sentence;

    private static string? Of(Match match, string sentence, DateOnly said)
    {
        string word = match.Groups["word"].Value.ToLowerInvariant();
        if (word.Length > 0)
        {
            return Written(said.AddDays(word switch
            {
                "tomorrow" => 1,
                "the day after tomorrow" => 2,
                "the day before yesterday" => -2,
                _ => -1,
            }));
        }

        if (match.Groups["ago"].Success || match.Groups["in"].Success)
        {
            Group count = match.Groups["ago"].Success ? match.Groups["ago"] : match.Groups["in"];
            string unit = match.Groups[match.Groups["ago"].Success ? "agounit" : "inunit"].Value;
            bool ahead = match.Groups["in"].Success;
            return Count(count.Value) is { } number && !(ahead && Past().IsMatch(sentence))
                ? Far(said, unit[0], ahead ? number : -number)
                : null;
        }

        bool next = match.Groups["side"].Value is ['n' or 'N', ..];
        return match.Groups["unit"].Value.ToLowerInvariant() switch
        {
            "week" => WeekOf(said.AddDays(next ? 7 : -7)),
            "weekend" => "weekend of " + Written(next ? After(said, DayOfWeek.Saturday) : Before(said, DayOfWeek.Saturday)),
            "month" => Month(said.AddMonths(next ? 1 : -1)),
            "year" => Year(said.Year + (next ? 1 : -1)),
            var weekday => OfWeekday(
                Array.IndexOf(Weekdays, (weekday.Length > 0 ? weekday : match.Groups["day"].Value).ToLowerInvariant()),
                weekday.Length > 0 ? (next ? 1 : -1) : Tense(match, sentence),
                said),
        };
    }

    private static string? OfWeekday(int weekday, int side, DateOnly said) =>
        weekday < 0 || side == 0 ? null : Written(side > 0 ? After(said, (DayOfWeek)weekday) : Before(said, (DayOfWeek)weekday));

    // Below zero: the day lies behind. Zero: the sentence does not say.
    private static int Tense(Match match, string sentence)
    {
        string before = match.Groups["prep"].Value.ToLowerInvariant();
        if (before is "since" or "until" or "till" or "by" or "this coming")
        {
            return before == "since" ? -1 : 1;
        }

        bool past = Past().IsMatch(sentence);
        bool future = Future().IsMatch(sentence);
        return past == future ? 0 : past ? -1 : 1;
    }

    private static string? OfChinese(Match match, DateOnly said)
    {
        string text = match.Value;
        if (match.Groups["ago"].Success)
        {
            string ago = match.Groups["ago"].Value;
            int number = int.TryParse(ago, NumberStyles.None, CultureInfo.InvariantCulture, out int digits)
                ? digits
                : "零一二三四五六七八九十".IndexOf(ago == "两" ? "二" : ago, StringComparison.Ordinal);
            return number is > 0 and <= MaxCount
                ? Far(said, match.Groups["unit"].Value[0], match.Groups["side"].Value == "前" ? -number : number)
                : null;
        }

        if (match.Groups["weekday"].Success)
        {
            // A week of days from Monday on.
            int day = "一二三四五六日天".IndexOf(match.Groups["weekday"].Value, StringComparison.Ordinal);
            int week = text[0] == '上' ? -7 : text[0] == '下' ? 7 : 0;
            return Written(MondayOf(said).AddDays(Math.Min(day, 6) + week));
        }

        return text switch
        {
            "昨天" or "昨晚" => Written(said.AddDays(-1)),
            "前天" => Written(said.AddDays(-2)),
            "明天" => Written(said.AddDays(1)),
            "后天" => Written(said.AddDays(2)),
            "去年" => Year(said.Year - 1),
            "明年" => Year(said.Year + 1),
            _ when text.Contains('月', StringComparison.Ordinal) => Month(said.AddMonths(text[0] == '上' ? -1 : 1)),
            _ => WeekOf(said.AddDays(text[0] == '上' ? -7 : 7)),
        };
    }

    private static string? Far(DateOnly said, char unit, int count) => char.ToLowerInvariant(unit) switch
    {
        'd' or '天' => Written(said.AddDays(count)),
        'w' or '周' or '星' => Written(said.AddDays(7 * count)),
        'm' or '个' => Month(said.AddMonths(count)),
        _ => Year(said.Year + count),
    };

    private static int? Count(string word)
    {
        string lower = word.ToLowerInvariant();
        int number = lower is "a" or "an" ? 1
            : int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int digits) ? digits
            : Array.IndexOf(Numbers, lower);
        return number is > 0 and <= MaxCount ? number : null;
    }

    private static DateOnly Before(DateOnly said, DayOfWeek day) => said.AddDays(-((((int)said.DayOfWeek - (int)day + 6) % 7) + 1));

    private static DateOnly After(DateOnly said, DayOfWeek day) => said.AddDays((((int)day - (int)said.DayOfWeek + 6) % 7) + 1);

    private static DateOnly MondayOf(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    private static string WeekOf(DateOnly day) => "week of " + Written(MondayOf(day));

    private static string Written(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Month(DateOnly date) => date.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private static string Year(int year) => year.ToString("0000", CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"\b(?:(?<word>the day before yesterday|the day after tomorrow|yesterday|tomorrow|last night)"
        + @"|(?<ago>an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9]{1,3}) (?<agounit>day|week|month|year)s? ago"
        + @"|in (?<in>one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9]{1,3}) (?<inunit>day|week|month|year)s?"
        + @"(?! (?:long|of|in|a|and)\b)"
        + @"|(?<side>last|next) (?<unit>week(?:end)?|month|year|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)(?! (?:of|in)\b)"
        + @"|(?<prep>since|until|till|by|this coming|on|this) (?<day>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day))"
        + @"(?!,? (?:the )?[0-9]|s\b|\w| \()",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex English();

    [GeneratedRegex(
        @"(?:昨天|昨晚|前天|明天|后天|去年|明年|(?:上|下|这)个?(?:周|星期|礼拜)(?<weekday>[一二三四五六日天])|(?:上|下)个月|(?:上|下)个?(?:周|星期)(?![一二三四五六日天末])"
        + @"|(?<ago>[0-9]{1,3}|[一二两三四五六七八九十]) ?(?<unit>天|周|星期|个月|年)(?:之|以)?(?<side>前|后))(?!\()",
        RegexOptions.CultureInvariant)]
    private static partial Regex Chinese();

    [GeneratedRegex(@" ?\((?:week of |weekend of )?[0-9]{4}(?:-[0-9]{2}){0,2}\)", RegexOptions.CultureInvariant)]
    private static partial Regex Resolved();

    [GeneratedRegex(
        @"\b(?:was|were|did|didn't|had|got|went|came|broke|took|died|sold|began|found|left|met|saw|ran|made|sent|bought|fell|gave|lost"
        + @"|said|told|cut|has been|have been|[a-z]{3,}ed)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Past();

    [GeneratedRegex(
        @"(?:'ll|’ll|\b(?:will|going to|shall|can|could|let's|would|is due|wants? to|plan|begins?|starts?|comes?|gets?|arrives?|leaves?"
        + @"|go live|arriving|coming|leaving|booked|moved|planned|invited|scheduled|offered|reserved|meets?|needs?|must|should|please))\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Future();
}
