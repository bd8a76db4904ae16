"""What the winery sells, and the small lists that belong to it: products, departments, settings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from kpictl.demo.rng import Record, named_uuid

TENANT_TIME_ZONE = "America/Los_Angeles"


class _Wine(NamedTuple):
    name: str
    code: str
    price: int
    """In cents, in 2025."""
    age: int
    volume: int | None
    """Millilitres; None where nobody filled it in."""
    colour: str


_WINES = (
    _Wine("Cabernet Sauvignon", "CS", 7200, 3, 750, "Red"),
    _Wine("Cabernet Sauvignon Magnum", "CSM", 15800, 3, 1500, "Red"),
    _Wine("Merlot", "ME", 5200, 3, 750, "Red"),
    _Wine("Zinfandel", "ZI", 4600, 2, 750, "Red"),
    _Wine("Pinot Noir", "PN", 5800, 2, 750, "Red"),
    _Wine("Chardonnay", "CH", 4200, 2, 750, "White"),
    _Wine("Sauvignon Blanc", "SB", 3200, 1, 750, "White"),
    _Wine("Rosé", "RO", 2800, 1, None, "Rosé"),
    _Wine("Late Harvest Riesling", "LH", 3600, 2, 375, "Dessert"),
)
_MAGNUM = "CSM"
_NO_WINE = (
    ("Estate Tasting", "TASTE-EST", 4500, "Tasting", "Not Taxable", "Tasting"),
    ("Logo Glass", "GLASS", 1800, "General Merchandise", "General Merchandise", "Merchandise"),
    ("Canvas Tote", "TOTE", 2400, "General Merchandise", "General Merchandise", "Merchandise"),
    ("Gift Card", "GIFT", 10000, "Gift Card", "Not Taxable", None),
    ("Harvest Dinner Ticket", "EVT-DINNER", 16500, "Event Ticket", "Not Taxable", "Events"),
    ("Concert in the Vines Ticket", "EVT-CONCERT", 6500, "Event Ticket", "Not Taxable", "Events"),
)
_DEPARTMENTS = ("Wine", "Tasting", "Merchandise", "Events")


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    item: Record
    """The part of an order's item that the product decides."""
    record: Record

    @property
    def price(self) -> int:
        return int(self.item["originalPrice"])


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is on sale in one calendar year."""

    wines: tuple[Product, ...]
    magnum: Product
    rose: Product
    bundle: Product
    other: dict[str, Product]


@dataclass(frozen=True, slots=True)
class Cellar:
    seed: int
    _shelves: dict[int, Shelf] = field(default_factory=dict)

    def on_sale(self, day: date) -> Shelf:
        shelf = self._shelves.get(day.year)
        if shelf is None:
            shelf = self._shelves[day.year] = self._fill(day.year)
        return shelf

    def records(self, years: Iterable[int]) -> tuple[Record, ...]:
        products: dict[str, Record] = {}
        for year in years:
            shelf = self.on_sale(date(year, 1, 1))
            for product in (*shelf.wines, shelf.magnum, shelf.bundle, *shelf.other.values()):
                products.setdefault(product.sku, product.record)
        return tuple(products.values())

    def _fill(self, year: int) -> Shelf:
        wines = {wine.code: self._wine(year, wine) for wine in _WINES}
        magnum = wines.pop(_MAGNUM)
        sku = f"{year % 100:02d}-TRIO"
        trio = _item(f"{year} Estate Trio", sku, 14900, "Bundle", tax_type="Wine", department="Wine")
        trio["bundleItems"] = [_part(wines[code]) for code in ("CS", "ME", "CH")]
        other = {
            sku: self._product(_item(title, sku, price, kind, tax_type=tax, department=department))
            for title, sku, price, kind, tax, department in _NO_WINE
        }
        return Shelf(tuple(wines.values()), magnum, wines["RO"], self._product(trio), other)

    def _wine(self, year: int, wine: _Wine) -> Product:
        vintage = year - wine.age
        risen = round(wine.price * 1.03 ** (year - 2025) / 100) * 100
        sku = f"{vintage % 100:02d}-{wine.code}-{wine.volume or 750}"
        item = _item(f"{vintage} {wine.name}", sku, risen, "Wine", tax_type="Wine", department="Wine")
        item["volumeInML"] = wine.volume
        facts = {"type": wine.colour, "varietal": wine.name, "countryCode": "US", "vintage": vintage}
        return self._product(item, {**facts, "appellation": "Sonoma Valley"})

    def _product(self, item: Record, wine: Record | None = None) -> Product:
        sku, title, kind, department = item["sku"], item["productTitle"], item["type"], item["departmentCode"]
        item["productId"] = named_uuid(self.seed, "product", sku)
        item["productVariantId"] = named_uuid(self.seed, "variant", sku)
        record = {
            "id": item["productId"],
            "title": title,
            "subTitle": "",
            "type": kind,
            "departmentId": named_uuid(self.seed, "department", department) if department else None,
            "department": _department(self.seed, department) if department else None,
            "webStatus": "Available",
            "adminStatus": "Available",
            "slug": title.lower().replace(" ", "-"),
            "metaData": None,
            "bundleItems": item.get("bundleItems", []),
            "variants": [_variant(item)],
            "collections": [],
            "wine": wine,
            "createdAt": "2019-01-15T18:00:00.000Z",
            "updatedAt": "2019-01-15T18:00:00.000Z",
        }
        return Product(sku, item, record)


def _item(title: str, sku: str, price: int, kind: str, *, tax_type: str, department: str | None) -> Record:
    return {
        "productTitle": title,
        "type": kind,
        "productId": None,
        "productVariantId": None,
        "sku": sku,
        "originalPrice": price,
        "taxType": tax_type,
        "volumeInML": None,
        "departmentCode": department,
    }


def _variant(item: Record) -> Record:
    volume, price, kind = item["volumeInML"], item["originalPrice"], item["type"]
    return {
        "id": item["productVariantId"],
        "title": f"{volume}ml" if volume else "Each",
        "sku": item["sku"],
        "volumeInML": volume,
        "costOfGood": price // 4,
        "price": price,
        "comparePrice": None,
        "bottleDeposit": 0,
        "sortOrder": 1,
        "hasInventory": kind == "Wine",
        "hasShipping": kind in {"Wine", "Bundle", "General Merchandise"},
        "taxType": item["taxType"],
        "inventory": None,
    }


def _part(product: Product) -> Record:
    wanted = ("productTitle", "sku", "type", "originalPrice", "volumeInML")
    return {**{key: product.item[key] for key in wanted}, "price": product.price, "quantity": 1}


def _department(seed: int, title: str) -> Record:
    return {"id": named_uuid(seed, "department", title), "title": title, "code": title}


def department_records(seed: int) -> tuple[Record, ...]:
    moment = "2019-01-15T18:00:00.000Z"
    return tuple({**_department(seed, title), "createdAt": moment, "updatedAt": moment} for title in _DEPARTMENTS)


def setting_records(seed: int) -> tuple[Record, ...]:
    return (
        {
            "id": named_uuid(seed, "setting"),
            "companyName": "Example Estate",
            "timeZone": TENANT_TIME_ZONE,
            "currency": "USD",
            "url": "https://example-estate.example.com",
        },
    )
