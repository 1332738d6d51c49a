namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// How rare a word is in what people write to each other and to a model: a small background list, made for this digest. What is in no list
/// is rare, and tells the most.
/// </summary>
internal static class CommonWords
{
    private const double OfMost = 0.15;
    private const double OfMany = 0.45;

    private static readonly Dictionary<uint, double> Weights = [];

    static CommonWords()
    {
        Add(
            OfMost,
            """
            able absolutely actually ago agree alone along already amazing another anyone anything anyway around ask asked away awesome back
            bad beautiful become been began begin behind believe best better big bit bring both bring buy came cannot care carry certainly
            change clear close cold come coming complete cool could course day days dear definitely different difficult early easy either
            else end enough especially ever every everybody everyone everything exactly example excited exciting experience face fact family
            fantastic far feel feeling feels felt few find fine finally first follow forget forward found four free friend friends full fun
            funny gave getting glad gone gotta great guess guy guys hand happen happened happy hard hate head hear heard hello help here hey
            high hold home hope hour hours house idea important inside instead interesting interested job kind knew know known large last
            late lately later learn least leave left less life line list little long look looked looking looks lost lot lots love loved
            lovely main matter mean means mention met mind minute minutes moment month months morning moment move moved name near nearly
            necessary never new news next nice night nobody none nothing number obviously often oh old open order part past pass people
            perfect perhaps person place plan point possible present pretty probably problem proud put question quick quickly quite rather
            read ready real really reason remember rest right run said same saw saying seem seems seen sense set several short show side
            simple simply since small somebody someone something sometimes soon sorry sort sound sounds special start started stay step stop
            story strange stuff sure talk tell thank thanks thought three time times together told took top totally tried true truly try
            trying turn two understand usually wait waiting walk wanted watch week weeks weekend went while whole wish wonder wonderful word
            words work worked working works world worry worth wow write wrong year years yesterday young yours yourself haha agreed congrats
            congratulations welcome cheers luck enjoy awesome hugs ok yeah yep nope hi bye guess everywhere
            """);
        Add(
            OfMany,
            """
            access account across act action active add added address afternoon against age air allow answer appear apply area arm arrive
            article aside available average avoid baby bag ball base basic bed black block blue board body book books bottom box boy break
            bright broken brother brown build building built business busy button call called calls car card case cat catch cause center
            chair chance cheap check child children choice choose city class clean click clock club code coffee color colour company compare
            computer connect consider contact contain continue control cook copy corner correct cost costs count country couple cover create
            cross current customer customers cut dad dance dark data date daughter deal decide decided decision deep default depend describe
            design desk detail details develop dinner direct do dog door double doubt down draw dream dress drink drive drop dry due during
            easily eat edit effort eight email empty enter entire error even evening event everyday eye eyes fail failed fails fall fast
            father feature feed feet field fight figure file files fill film final finish finished fire fish fit five fix fixed flat floor
            food foot force form format friday front future game garden general girl glass go goal gold ground group grow guide hair half
            happens health heart heat heavy held hide hit holiday hot however huge human hundred husband image include info information
            issue item join june july just keep kept key keys kid kids kitchen land language laptop laugh law lay lead leads learned led
            legs letter level lie light limit link listen load local log long lose low lunch machine mail make manage many march mark market
            may maybe meal meet meeting member memory message middle might mom monday money mother mouth music must national natural need
            needed network nine normal north note notes notice offer office once online opened option orders own page paid pain paint paper
            parent parents park parts party pay person phone photo pick picture piece plans plant play please plus position post power
            practice press price private process product program project provide public pull push quality quiet radio rain raise reach
            reading receive recent recently record red regular release remain remove rent repeat reply report request result return review
            ride ring road rock room rule rules running safe sale saturday save school screen sea search season seat second section see sell
            send sent series serious serve server service share sheet shop should shoulder shut sick sign similar single sister sit site
            situation six size skin sleep slow slowly smile snow social solution solve son song space speak spend spring staff stage stand
            standard state status stick still stood store street strong student study style subject suggest suit summer sun sunday support
            system table takes talked talking tea teach teacher team ten term test tests text than themselves thin third though thousand
            thursday ticket tiny title today tomorrow tonight tool tools total touch town track train travel tree trip trouble trust
            tuesday type under unit until update updated upper use used useful user users usual value version via view visit voice walked
            wall warm wash water wear weather wednesday weekly wife wind window winter within without woman women wood write writing yellow
            autumn april august september october november december january february money summary overview update note decision rule todo
            question answer warning reminder context result background goal task tip fyi edit status
            """);
        foreach (string pair in
            "我们 你们 他们 可以 一个 这个 那个 没有 现在 什么 还是 就是 不是 因为 所以 但是 如果 时候 大家 今天 已经 怎么 这样 那样 一下 一些 这里 那里 知道 觉得 需要 问题 的时 "
                .Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Weights[Terms.HashOf(pair)] = OfMost;
        }
    }

    /// <summary>How much a word in lower case tells, from 0 (nothing) to 1.</summary>
    public static double Rarity(string word) => Rarity(Terms.HashOf(word));

    /// <summary>The same of a term, as <see cref="Terms"/> hashes it.</summary>
    public static double Rarity(uint term) => Weights.GetValueOrDefault(term, 1);

    private static void Add(double weight, string words)
    {
        foreach (string word in words.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            Weights.TryAdd(Terms.HashOf(word), weight);
        }
    }
}
