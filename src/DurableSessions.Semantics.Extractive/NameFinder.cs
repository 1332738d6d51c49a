using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Finds what a reader searches for by its spelling: names, files, identifiers, numbers of issues, dates, figures.</summary>
internal static partial class NameFinder
{
    /// <summary>The longest name, in characters; what is longer is not taken for a name.</summary>
    public const int MaxLength = 80;

    private static readonly HashSet<string> NoNames = new(
        """
        I A An The This That These Those It He She We They You My Our Your His Her Their Its Here There What When Where Who Why How Which
        If In On At To For From With Without By Of And But Or So Then Now Not No Yes Ok OK Okay Thanks Thank Please Can Could Would Should
        Will Shall Do Does Did Is Are Was Were Have Has Had Let Still Also Both Each Every All Some Any Most Two Three Four Five Six Seven
        Nine Ten One Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
        October November December Good Great Nice Hi Hey Hello Done Right Sure Fine True False None Null TODO README
        Todo Dear Or PR Ask Take Keep
        After Before Until Once While Because Mr Mrs Ms Dr Prof English German French Spanish Polish Portuguese Chinese Japanese British
        American European Then Version Section Table Figure
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    /// <summary>
    /// The names in a sentence, each with a weight from 0 to 1.6: how sure it is that it is one.
    /// </summary>
    public static List<(NameKind Kind, string Name, double Weight)> In(string text)
    {
        List<(NameKind, string, double)> found = [];
        bool digits = text.AsSpan().ContainsAnyInRange('0', '9');
        string rest = !text.Contains("://", StringComparison.Ordinal)
            ? text
            : Take(found, text, Url(), NameKind.Reference, static url => url.TrimEnd('.', ',', ';', ')', '。', '，'));
        if (rest.Contains('`', StringComparison.Ordinal))
        {
            rest = CodeSpan().Replace(rest, span =>
            {
                AddCode(found, span.Groups[1].Value);
                return " ";
            });
        }

        // The patterns are slow to find nothing: each is tried only where one of its characters is.
        if (rest.AsSpan().ContainsAny('/', '\\', '.'))
        {
            rest = Take(found, rest, Product(), NameKind.Name, static product => product);
            rest = Take(found, rest, Path(), NameKind.File, static path => path.TrimEnd('.', ','));
        }

        if (rest.AsSpan().ContainsAny('"', '“'))
        {
            rest = Take(found, rest, Title(), NameKind.Name, static title => title.Trim('"', '“', '”', '.', ','));
        }

        if (digits || rest.Contains('@', StringComparison.Ordinal))
        {
            rest = Take(found, rest, Reference(), NameKind.Reference, static reference => reference);
            rest = Take(found, rest, Date(), NameKind.Date, static date => date);
            rest = Take(found, rest, Figure(), NameKind.Figure, static figure => figure);
        }

        rest = Take(found, rest, Identifier(), NameKind.Identifier, static identifier => identifier);
        AddProperNames(found, rest);
        if (Scripts.HasIdeographs(rest))
        {
            foreach (Match match in HanName().Matches(rest))
            {
                Add(found, NameKind.Name, match.Groups[1].Success ? match.Groups[1].Value : match.Value, 1);
            }
        }

        return found;
    }

    /// <summary>Whether a word with a capital may be a name at all.</summary>
    public static bool MayBeName(string word) => !word.Split(' ').Any(NoNames.Contains);

    /// <summary>Whether a string is the path of a file.</summary>
    public static bool IsPath(string text) =>
        text.Length <= MaxLength * 2 && Path().Match(text) is { Success: true } match && match.Length == text.Length;

    private static string Take(
        List<(NameKind, string, double)> found, string text, Regex pattern, NameKind kind, Func<string, string> trim) =>
        pattern.Replace(text, match =>
        {
            Add(found, kind, trim(match.Value), 1);
            return " ";
        });

    private static void AddCode(List<(NameKind, string, double)> found, string code)
    {
        if (IsPath(code))
        {
            Add(found, NameKind.File, code, 1);
        }
        else if (Url().IsMatch(code))
        {
            Add(found, NameKind.Reference, code, 1);
        }
        else if (code.Length <= 48 && code.Count(static c => c == ' ') <= 3 && code.Count(char.IsLetter) >= 3)
        {
            double weight = code.Contains(' ', StringComparison.Ordinal) ? 0.7 : code.All(char.IsAsciiLetterLower) ? 0.4 : 1;
            Add(found, NameKind.Identifier, code, weight);
        }
    }

    // A capital in the middle of a sentence makes a name; at its beginning only a verb does that people are said to do.
    private static void AddProperNames(List<(NameKind, string, double)> found, string text)
    {
        foreach (Match match in ProperName().Matches(text))
        {
            string name = match.Value;
            while (name.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && NoNames.Contains(name[..space]))
            {
                name = name[(space + 1)..];
            }

            bool cut = name.Length < match.Length;
            int start = match.Index + match.Length - name.Length;
            bool opens = !cut
                && (start == 0 || text[..start].TrimEnd() is { Length: 0 } or [.., '.' or ':' or '!' or '?' or '"' or '。' or '：']);
            if (NoNames.Contains(name) || (name.Length > 1 && name.IndexOf('\'', StringComparison.Ordinal) == 1))
            {
                continue;
            }

            // Those who say and want are people, and people matter more than products.
            bool acts = Acts().IsMatch(text.AsSpan(match.Index + match.Length));
            Add(found, NameKind.Name, name, acts ? 1.6 : opens ? 0.2 : IsAcronym(name) ? 0.5 : 1);
        }
    }

    private static bool IsAcronym(string name) => name.Length <= 6 && !name.Any(char.IsLower);

    private static void Add(List<(NameKind, string, double)> found, NameKind kind, string name, double weight)
    {
        if (name.Length is > 1 and <= MaxLength && found.Count < 64)
        {
            found.Add((kind, name, weight));
        }
    }

    [GeneratedRegex(@"https?://[^\s<>""'`()\u3000-\u30FF\u4E00-\u9FFF，。]+", RegexOptions.CultureInvariant)]
    private static partial Regex Url();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9_./-])(?:[A-Z][a-z]+\.(?:js|NET|net|io)|\.NET|ASP\.NET)(?![A-Za-z0-9_/])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Product();

    // What has a capital in quotation marks is called so.
    [GeneratedRegex("[\"“]\\p{Lu}[^\"“”.!?]{1,40}[\"”]", RegexOptions.CultureInvariant)]
    private static partial Regex Title();

    [GeneratedRegex("`([^`]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9_.@/\\-])(?:(?:(?:[A-Za-z]:)?[\\/]|~/|\.{1,2}/)?(?:[A-Za-z0-9_.@+-]+[/\\])+[A-Za-z0-9_@+*-]*(?:\.[A-Za-z0-9_-]+"
        + @")+|(?:[A-Za-z]:[\\/]|/|~/|\.{1,2}/)(?:[A-Za-z0-9_.@+-]+[/\\])*[A-Za-z0-9_@+*-]+/?"
        + @"|(?:[A-Za-z0-9_.@+-]+/){2,}[A-Za-z0-9_@+*-]*|[A-Za-z0-9_-]+/(?![A-Za-z0-9_{<]))"
        + @"|(?<![A-Za-z0-9_.@/-])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,3}\.(?:cs|csproj|sln|fs|ts|tsx|js|jsx|mjs|json|jsonl|ya?ml|toml"
        + @"|ini|cfg|conf|env|lock|md|txt|rst|html?|css|scss|sql|db|sqlite|py|ipynb|go|mod|rs|java|kt|kts|gradle|swift|c|h|cc|cpp|hpp|rb"
        + @"|php|sh|bash|ps1|bat|proto|xml|csv|tsv|xlsx|docx|pdf|pptx|png|jpe?g|svg|zip|tar\.gz|log|tf|bicep|j2|vue"
        + @"|svelte)(?![A-Za-z0-9_])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Path();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9_&])(?:(?:PR|MR|GH|[Ii]ssue|[Pp]ull request|[Tt]icket|[Mm]igration|RFC|CVE)[ -]?#?[0-9][0-9-]*|#[0-9]+|(?!UTF-"
        + @"|EAN-|ISO-|SHA-|MD-|IEEE-|COVID-)[A-Z][A-Z0-9]{1,9}-[0-9]+|[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?![A-Za-z0-9_])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z?)?|(?:(?:Mon|Tues|Wednes|Thurs|Fri"
        + @"|Satur|Sun)day, )?[0-9]{1,2}(?:st|nd|rd|th|\.)? (?:of )?(?:January|February|March|April|May|June|July|August|September"
        + @"|October|November|December)(?: [0-9]{4})?|(?:January|February|March|April|May|June|July|August|September|October|November"
        + @"|December) [0-9]{1,2}(?:st|nd|rd|th)?(?:, [0-9]{4})?|[0-9]{1,2}:[0-9]{2}(?: ?[ap]m)?|[0-9]{1,2} ?[ap]m"
        + @"|(?:[0-9]{4} ?年 ?)?[0-9]{1,2} ?月 ?[0-9]{1,2} ?[日号])(?![A-Za-z0-9])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9_.,-])(?:[$€£¥] ?[0-9][0-9.,]*[kKmM]?|[0-9][0-9.,]* ?(?:%|‰|[mµn]s|s|sec|seconds?|min|minutes?|h|hours?|days?"
        + @"|weeks?|months?|years?|[KMGT]i?B|bytes?|bits?|characters?|euros?|EUR|USD|dollars?|€|\$|£|k?g|km|cm|mm|m|°C|rows?|lines?"
        + @"|users?|people|guests?|tests?|requests?|times|percent|x|元|块|万条?|亿|天|周|个月|年|小时|分钟|秒|毫秒|人|个|次|条)(?![A-Za-z0-9_]))",
        RegexOptions.CultureInvariant)]
    private static partial Regex Figure();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9_.-])(?:--[a-z][a-z0-9-]+|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?:\(\))?|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+"
        + @"|[a-z]+[a-z0-9]*(?:[A-Z][A-Za-z0-9]*)+|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?:\.[A-Za-z0-9-]+)*\.(?:com|org|net|io|dev|example"
        + @"|local|de|eu|cn|app)|[a-z]+(?:-[a-z0-9]+)*-[0-9]+)(?![A-Za-z0-9_])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();

    [GeneratedRegex(
        @"(?<![\p{L}\p{N}_.'’/-])\p{Lu}[\p{L}\p{N}]+(?:[-'’]\p{Lu}\p{L}+)*(?: \p{Lu}[\p{L}\p{N}]+(?:-\p{Lu}\p{L}+)*){0,2}",
        RegexOptions.CultureInvariant)]
    private static partial Regex ProperName();

    [GeneratedRegex(
        @"^(?:'s|’s)? ?(?:says?|said|wants?|asks?|asked|thinks|will|owns|leads|prefers|answered|confirmed|approved|agreed|needs|tested"
        + @"|works|does|reviewed|has to|suggested|decides|still has)\b",
        RegexOptions.CultureInvariant)]
    private static partial Regex Acts();

    [GeneratedRegex(
        @"(?:我是|我叫|叫做?|名叫)(?![什这那不在做]|[\u4E00-\u9FFF]个)([\u4E00-\u9FFF]{2,3}?)(?=[，。、,. ！]|$)"
        + @"|[小老阿][王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔](?!板|师|序)"
        + @"|[王李张刘陈杨黄赵吴周徐孙马朱胡林郭何罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘袁蒋杜苏魏程吕丁沈姚卢傅钟崔谭廖](?:总|经理|老师|工|姐|哥|医生|教授)"
        + @"|[王李张刘陈杨黄赵吴周徐孙马朱胡林郭何罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘袁蒋杜苏魏程吕丁沈姚卢傅钟崔谭廖][\u4E00-\u9FFF]{1,2}?(?=说|负责|来做|确认|提出|那边)|(?<=经理是|老板是|负责人是"
        + @"|同事是?)[\u4E00-\u9FFF]{2,3}(?=[，。、 ]|$)|(?<=「)[^」]{2,20}(?=」)",
        RegexOptions.CultureInvariant)]
    private static partial Regex HanName();
}
